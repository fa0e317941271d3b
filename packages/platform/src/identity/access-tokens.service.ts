import { createPublicKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import Keycloak from 'keycloak-connect';
import { z } from 'zod';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, isDatabaseUnavailable, isUniqueViolation, type UserModel } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { toUsername } from './identity.rules.js';
import { apiAudience, readIssuerKey } from './issuer/issuer-key.js';

/** The realm role that makes its bearer a platform administrator. */
const adminRole = 'slipway-admin';

const claimsSchema = z.object({
  sub: z.string().min(1),
  exp: z.number(),
  preferred_username: z.string().optional(),
  email: z.string().optional(),
  name: z.string().optional(),
  realm_access: z.object({ roles: z.array(z.string()) }).optional(),
});
type Claims = z.output<typeof claimsSchema>;

/** Access tokens of the issuer, built in or outside, verified by keycloak-connect. */
@Injectable()
export class AccessTokens {
  private keycloak: Keycloak.Keycloak | undefined;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  /** The user of a token that is signed by the issuer, meant for us and not expired; of an outside issuer, made or renewed. */
  async findUser(token: string): Promise<UserModel | undefined> {
    const claims = await this.verify(token);
    if (!claims) return undefined;
    if (!this.config.isIssuerBuiltIn) return this.ensureExternal(claims);
    const { sub } = claims;
    const row = await this.database.read.user.findFirst({ where: { issuer: this.config.issuerUrl, subject: sub } });
    return row ?? undefined;
  }

  private async verify(token: string): Promise<Claims | undefined> {
    // keycloak-connect takes any text apart; only three parts of base64url can be a signed token.
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
    this.keycloak ??= this.createVerifier();
    try {
      // Typed as a string by the library, which also takes the object that it parses it into.
      const grant = await this.keycloak.grantManager.createGrant(JSON.stringify({ access_token: token }));
      const content: unknown = Reflect.get(grant.access_token ?? {}, 'content');
      return claimsSchema.safeParse(content).data;
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      return undefined;
    }
  }

  private createVerifier(): Keycloak.Keycloak {
    const [, base, realm] = /^(.*)\/realms\/([^/]+)$/.exec(this.config.issuerUrl) ?? [];
    if (!base || !realm) throw new Error('SLIPWAY_ISSUER_URL must have the form <base>/realms/<realm>.');
    // The built-in issuer is this process: its key is at hand, and nothing is fetched.
    const key = this.config.isIssuerBuiltIn ? { 'realm-public-key': toPublicKeyBody(this.config) } : {};
    const settings = { 'auth-server-url': base, realm, resource: apiAudience, 'bearer-only': true, ...key };
    const options: Keycloak.KeycloakConfig & Record<string, unknown> = {
      ...settings,
      'verify-token-audience': true,
      'ssl-required': 'external',
      'confidential-port': 0,
    };
    return new Keycloak({}, options);
  }

  private async ensureExternal(claims: Claims): Promise<UserModel> {
    const key = { issuer: this.config.issuerUrl, subject: claims.sub };
    const username = toUsername(claims.preferred_username ?? claims.email ?? claims.sub);
    const isAdmin = claims.realm_access?.roles.includes(adminRole) ?? false;
    const values = { email: claims.email ?? null, displayName: claims.name ?? username, isAdmin };
    const row = await this.database.read.user.findUnique({ where: { issuer_subject: key } });
    if (row) {
      const isCurrent = row.email === values.email && row.displayName === values.displayName && row.isAdmin === isAdmin;
      return isCurrent ? row : this.database.read.user.update({ where: { id: row.id }, data: values });
    }
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

/** The PEM's body, as keycloak-connect wants it. */
function toPublicKeyBody(config: Configuration): string {
  const jwk = readIssuerKey(config);
  const pem = createPublicKey({ key: { kty: jwk.kty, n: jwk.n, e: jwk.e }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  return String(pem).replace(/-----[^-]+-----|\s/g, '');
}
