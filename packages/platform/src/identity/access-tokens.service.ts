import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import Keycloak from 'keycloak-connect';
import { z } from 'zod';
import { noteAccessChange } from '../kernel/access/access.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, isUniqueViolation, type UserModel } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { GroupMemberships } from './group-memberships.service.js';
import { toUsername } from './identity.rules.js';
import { apiAudience } from './issuer/issuer-key.js';
import { IssuerKeys } from './issuer-keys.service.js';
import { toClaimedGroups } from './realm-groups.rules.js';

/** How far the clocks of the issuer and of this machine may be apart. */
const skewSeconds = 30;

const claimsSchema = z.object({
  sub: z.string().min(1),
  exp: z.number(),
  nbf: z.number().optional(),
  iat: z.number().optional(),
  sid: z.string().max(200).optional(),
  azp: z.string().max(200).optional(),
  preferred_username: z.string().optional(),
  email: z.string().optional(),
  name: z.string().optional(),
  realm_access: z.object({ roles: z.array(z.string()) }).optional(),
  groups: z.array(z.string().min(1).max(200)).max(1_000).optional().catch(undefined),
});
type Claims = z.output<typeof claimsSchema>;
const headerSchema = z.object({ alg: z.literal('RS256'), kid: z.string().max(200) });

export interface AccessToken {
  readonly user: UserModel;
  /** The issuer's session, when the token belongs to one. */
  readonly sid: string | undefined;
  readonly client: string;
  readonly expiresAt: Date;
}

/** Access tokens of the issuer, built in or outside, verified by keycloak-connect; their times by ourselves. */
@Injectable()
export class AccessTokens {
  private readonly verifiers = new WeakMap<KeyObject, Keycloak.Keycloak>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly groups: GroupMemberships,
    private readonly keys: IssuerKeys,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  /** What a token says that is signed by the issuer, meant for us and in its time; of an outside issuer, the user is made or renewed. */
  async find(token: string): Promise<AccessToken | undefined> {
    const claims = await this.verify(token);
    const user = claims && (await this.findUser(claims));
    if (!claims || !user || user.disabledAt) return undefined;
    const expiresAt = new Date((claims.exp + skewSeconds) * 1000);
    return { user, sid: claims.sid, client: claims.azp ?? '', expiresAt };
  }

  private async findUser(claims: Claims): Promise<UserModel | undefined> {
    if (!this.config.isIssuerBuiltIn) return this.ensureExternal(claims);
    const { sub } = claims;
    const row = await this.database.read.user.findFirst({ where: { issuer: this.config.issuerUrl, subject: sub } });
    return row ?? undefined;
  }

  private async verify(text: string): Promise<Claims | undefined> {
    const token = parseToken(text);
    if (!token) return undefined;
    const claims = claimsSchema.safeParse(token.content).data;
    if (!claims || !this.isInTime(claims)) return undefined;
    const key = await this.keys.find(token.header.kid);
    if (!key) return undefined;
    try {
      await this.createVerifier(key).grantManager.validateToken(token, 'Bearer');
      return claims;
    } catch {
      return undefined;
    }
  }

  private isInTime({ exp, nbf, iat }: Claims): boolean {
    const now = this.clock.now().getTime() / 1000;
    return exp + skewSeconds > now && (nbf ?? 0) - skewSeconds <= now && (iat ?? 0) - skewSeconds <= now;
  }

  /** With the key at hand: keycloak-connect's own way to fetch keys has no time limit and cannot tell a key that is not from an issuer that is away. */
  private createVerifier(key: KeyObject): Keycloak.Keycloak {
    const known = this.verifiers.get(key);
    if (known) return known;
    const [, base, realm] = /^(.*)\/realms\/([^/]+)$/.exec(this.config.issuerUrl) ?? [];
    if (!base || !realm) throw new Error('SLIPWAY_ISSUER_URL must have the form <base>/realms/<realm>.');
    const options: Keycloak.KeycloakConfig & Record<string, unknown> = {
      'auth-server-url': base,
      realm,
      resource: apiAudience,
      'bearer-only': true,
      'realm-public-key': toPublicKeyBody(key),
      'verify-token-audience': true,
      'ssl-required': 'external',
      'confidential-port': 0,
    };
    const verifier = new Keycloak({}, options);
    this.verifiers.set(key, verifier);
    return verifier;
  }

  private async ensureExternal(claims: Claims): Promise<UserModel> {
    const key = { issuer: this.config.issuerUrl, subject: claims.sub };
    const username = toUsername(claims.preferred_username ?? claims.email ?? claims.sub);
    const values = { email: claims.email ?? null, displayName: claims.name ?? username };
    const known = await this.database.read.user.findUnique({ where: { issuer_subject: key } });
    const row = known ?? (await this.adopt(key, username));
    const user = row ? await this.renew(row, values) : await this.create(key, username, values);
    const claimed = toClaimedGroups(claims.groups, claims.realm_access?.roles);
    if (claimed) await this.groups.follow(user.id, claimed);
    return user;
  }

  private async renew(row: UserModel, values: ExternalValues): Promise<UserModel> {
    const isCurrent = row.email === values.email && row.displayName === values.displayName;
    return isCurrent ? row : this.change(row.id, values);
  }

  private change(id: string, data: ExternalValues): Promise<UserModel> {
    return this.database.transaction(async (tx) => {
      const row = await tx.user.update({ where: { id }, data });
      await noteAccessChange(tx, { userId: id });
      return row;
    });
  }

  /** The user whom the directory has sent before the first sign-in: the issuer's id of the user takes the place of ours. */
  private async adopt(key: { issuer: string; subject: string }, username: string): Promise<UserModel | null> {
    const where = { username, issuer: key.issuer, subject: { startsWith: 'scim:' } };
    const { count } = await this.database.read.user.updateMany({ where, data: { subject: key.subject } });
    return count === 0 ? null : this.database.read.user.findUnique({ where: { issuer_subject: key } });
  }

  private async create(key: { issuer: string; subject: string }, username: string, values: ExternalValues) {
    const create = (name: string) =>
      this.database.read.user.create({ data: { id: newId(), ...key, ...values, username: name } });
    try {
      return await create(username);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const other = await this.database.read.user.findUnique({ where: { issuer_subject: key } });
      return other ?? (await create(`${username}-${newId().slice(-8)}`));
    }
  }
}

interface ExternalValues {
  readonly email: string | null;
  readonly displayName: string;
}

/** The token in the form that keycloak-connect's parser makes; its times are checked by us, with tolerance. */
function parseToken(text: string) {
  // Only three parts of base64url can be a signed token.
  const [, head, body, signature] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text) ?? [];
  if (!head || !body || !signature) return undefined;
  const header = headerSchema.safeParse(parseJson(head)).data;
  const content = parseJson(body);
  if (!header || !content) return undefined;
  const never = () => false;
  const token = { isExpired: never, hasRole: never, hasApplicationRole: never, hasRealmRole: never };
  return { ...token, header, content, signature: Buffer.from(signature, 'base64url'), signed: `${head}.${body}` };
}

function parseJson(part: string): object | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The PEM's body, as keycloak-connect wants it. */
function toPublicKeyBody(key: KeyObject): string {
  const pem = key.export({ type: 'spki', format: 'pem' });
  return String(pem).replace(/-----[^-]+-----|\s/g, '');
}
