import { Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { Authenticator, type Origin } from '../kernel/access/authenticator.js';
import { isPermission } from '../kernel/access/permissions.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { hashToken, isWellFormedToken } from '../kernel/ids/ids.js';
import { type Actor, createUserActor } from '../kernel/tenancy/caller.js';
import { AccessTokens } from './access-tokens.service.js';
import { type Credential, CredentialCache } from './credential-cache.service.js';
import { byHash, earlier, isInside, toAddressList } from './credentials.rules.js';
import { impersonationTokenPrefix, kubeTokenPrefix, personalTokenPrefix, robotTokenPrefix } from './identity.rules.js';
import { SessionsService } from './sessions.service.js';

const noteUseEveryMilliseconds = 60_000;

/** Knows the kinds of bearer: OIDC access tokens, personal tokens, tokens for the Kubernetes door, robots' tokens. */
@Injectable()
export class IdentityAuthenticator extends Authenticator {
  constructor(
    private readonly database: Database,
    private readonly accessTokens: AccessTokens,
    private readonly sessions: SessionsService,
    private readonly credentials: CredentialCache,
    private readonly access: Access,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async authenticateBearer(token: string, origin: Origin): Promise<Actor | undefined> {
    const hash = hashToken(token);
    const credential = await this.credentials.get(hash, () => this.load(token, hash, origin));
    if (!credential || !this.isGood(credential, origin)) return undefined;
    await this.noteUse(credential, origin);
    const { bearer } = credential;
    const sessionId = credential.id ?? undefined;
    if (bearer.kind === 'robot') return { ...bearer, sessionId };
    // Roles may end by themselves, so they are asked for at each use; the answer is kept in memory.
    const platformRoles = await this.access.platformRolesOf(bearer.id);
    if (bearer.impersonator && !(await this.mayActAs(bearer.impersonator, bearer.id))) return undefined;
    return createUserActor({ ...bearer, platformRoles, sessionId });
  }

  /** The password is a token; the user name must be its owner's. */
  override async authenticateBasic(username: string, password: string, origin: Origin): Promise<Actor | undefined> {
    const actor = await this.authenticateBearer(password, origin);
    return actor?.username === username ? actor : undefined;
  }

  override async renew(token: string, before: Actor, origin: Origin): Promise<Actor | undefined> {
    const now = await this.authenticateBearer(token, origin);
    if (now || before.kind !== 'user' || token.startsWith(impersonationTokenPrefix)) return now;
    const isStanding = token.startsWith(kubeTokenPrefix)
      ? await this.isKubeTokenStanding(token, origin)
      : !token.startsWith(personalTokenPrefix) && (await this.sessions.isStanding(before.sessionId));
    if (!isStanding || !(await this.access.isActive(before.id))) return undefined;
    return createUserActor({ ...before, platformRoles: await this.access.platformRolesOf(before.id) });
  }

  /** Whoever acts in another's name has to have the right to at each use, and the other one none on the platform. */
  private async mayActAs(impersonator: { readonly id: string; readonly username: string }, userId: string) {
    const platformRoles = await this.access.platformRolesOf(impersonator.id);
    return this.access.canActAs(createUserActor({ ...impersonator, platformRoles }), userId);
  }

  /** Whatever its hour: it stands while it is there and what made it has not run out. */
  private async isKubeTokenStanding(token: string, { address }: Origin): Promise<boolean> {
    const row = await this.database.read.personalToken.findUnique({ where: { hash: hashToken(token) } });
    if (!row || !isInside(toAddressList(row.ranges), address)) return false;
    const { madeBy } = row;
    const maker = madeBy ? await this.database.read.personalToken.findUnique({ where: { id: madeBy } }) : null;
    return !maker?.expiresAt || maker.expiresAt > this.clock.now();
  }

  private isGood({ kind, expiresAt, addresses }: Credential, { door, address }: Origin): boolean {
    if (expiresAt && expiresAt <= this.clock.now()) return false;
    if (kind === 'kube' && door !== 'kubernetes') return false;
    if (kind === 'impersonation' && door !== 'rest' && door !== 'kubernetes') return false;
    return isInside(addresses, address);
  }

  private load(token: string, hash: string, origin: Origin): Promise<Credential | undefined> {
    if (token.startsWith(personalTokenPrefix)) return this.findPersonal(token, personalTokenPrefix, hash);
    if (token.startsWith(kubeTokenPrefix)) return this.findPersonal(token, kubeTokenPrefix, hash);
    if (token.startsWith(impersonationTokenPrefix)) return this.findPersonal(token, impersonationTokenPrefix, hash);
    if (token.startsWith(robotTokenPrefix)) return this.findRobot(token, hash);
    return this.findAccess(token, origin);
  }

  private async findAccess(token: string, origin: Origin): Promise<Credential | undefined> {
    const found = await this.accessTokens.find(token);
    if (!found) return undefined;
    const { user, sid, client, expiresAt } = found;
    const session = sid === undefined ? null : await this.sessions.see({ userId: user.id, sid, client }, origin);
    if (session?.endedAt) return undefined;
    const bearer = { kind: 'user', id: user.id, username: user.username } as const;
    const notedAt = session?.lastUsedAt ?? null;
    return { kind: 'access', id: session?.id ?? null, bearer, addresses: undefined, expiresAt, notedAt };
  }

  private async findPersonal(token: string, prefix: string, hash: string): Promise<Credential | undefined> {
    if (!isWellFormedToken(token, prefix)) return undefined;
    const where = byHash(hash, this.clock.now());
    const row = await this.database.read.personalToken.findFirst({
      where,
      include: { user: true, impersonator: true },
    });
    if (!row || row.user.disabledAt) return undefined;
    const { id, username } = row.user;
    const narrowing = {
      ...(row.scopes.length > 0 && { scopes: row.scopes.filter(isPermission) }),
      ...(row.tenantId !== null && { restrictedTo: { tenantId: row.tenantId } }),
      ...(row.impersonator && { impersonator: { id: row.impersonator.id, username: row.impersonator.username } }),
    };
    return {
      kind: toKind(row.kind),
      id: row.id,
      bearer: { kind: 'user', id, username, ...narrowing },
      addresses: toAddressList(row.ranges),
      expiresAt: earlier(row.expiresAt, row.previousHash === hash ? row.previousUntil : null),
      notedAt: row.lastUsedAt,
    };
  }

  private async findRobot(token: string, hash: string): Promise<Credential | undefined> {
    if (!isWellFormedToken(token, robotTokenPrefix)) return undefined;
    const where = byHash(hash, this.clock.now());
    const row = await this.database.read.robot.findFirst({ where, include: { project: { select: { name: true } } } });
    if (!row || row.disabledAt) return undefined;
    const { id, username, tenantId, projectId } = row;
    const permissions = row.permissions.filter(isPermission);
    const projectName = row.project?.name ?? null;
    return {
      kind: 'robot',
      id,
      bearer: { kind: 'robot', id, username, isAdmin: false, tenantId, projectId, projectName, permissions },
      addresses: toAddressList(row.ranges),
      expiresAt: earlier(row.expiresAt, row.previousHash === hash ? row.previousUntil : null),
      notedAt: row.lastUsedAt,
    };
  }

  private async noteUse(credential: Credential, { address }: Origin): Promise<void> {
    const now = this.clock.now();
    const { kind, id } = credential;
    if (id === null || now.getTime() - (credential.notedAt?.getTime() ?? 0) < noteUseEveryMilliseconds) return;
    credential.notedAt = now;
    const data = { lastUsedAt: now, lastUsedFrom: address };
    if (kind === 'robot') await this.database.read.robot.updateMany({ where: { id }, data });
    else if (kind === 'access') await this.sessions.noteUse(id, now);
    else await this.database.read.personalToken.updateMany({ where: { id }, data });
  }
}

const toKind = (kind: string): 'personal' | 'login' | 'kube' | 'impersonation' =>
  kind === 'kube' || kind === 'login' || kind === 'impersonation' ? kind : 'personal';
