import { Injectable } from '@nestjs/common';
import { Authenticator, type Origin } from '../kernel/access/authenticator.js';
import { isPermission } from '../kernel/access/permissions.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type UserModel } from '../kernel/database/index.js';
import { hashToken, isWellFormedToken } from '../kernel/ids/ids.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { AccessTokens } from './access-tokens.service.js';
import { personalTokenPrefix, robotTokenPrefix } from './identity.rules.js';

const noteUseEveryMilliseconds = 60_000;

/** Knows the three kinds of bearer: OIDC access tokens, personal tokens, robots' tokens. */
@Injectable()
export class IdentityAuthenticator extends Authenticator {
  constructor(
    private readonly database: Database,
    private readonly accessTokens: AccessTokens,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async authenticateBearer(token: string, _origin: Origin): Promise<Actor | undefined> {
    if (token.startsWith(personalTokenPrefix)) return this.findPersonal(token);
    if (token.startsWith(robotTokenPrefix)) return this.findRobot(token);
    const user = await this.accessTokens.findUser(token);
    return user && toActor(user);
  }

  /** The password is a token; the user name must be its owner's. */
  override async authenticateBasic(username: string, password: string, origin: Origin): Promise<Actor | undefined> {
    const actor = await this.authenticateBearer(password, origin);
    return actor?.username === username ? actor : undefined;
  }

  private async findPersonal(token: string): Promise<Actor | undefined> {
    if (!isWellFormedToken(token, personalTokenPrefix)) return undefined;
    const now = this.clock.now();
    const where = { hash: hashToken(token) };
    const row = await this.database.read.personalToken.findUnique({ where, include: { user: true } });
    if (!row || (row.expiresAt && row.expiresAt <= now)) return undefined;
    if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) > noteUseEveryMilliseconds) {
      await this.database.read.personalToken.updateMany({ where, data: { lastUsedAt: now } });
    }
    return toActor(row.user);
  }

  private async findRobot(token: string): Promise<Actor | undefined> {
    if (!isWellFormedToken(token, robotTokenPrefix)) return undefined;
    const where = { hash: hashToken(token) };
    const row = await this.database.read.robot.findUnique({ where, include: { project: { select: { name: true } } } });
    if (!row || (row.expiresAt && row.expiresAt <= this.clock.now())) return undefined;
    const { id, username, tenantId, projectId } = row;
    const permissions = row.permissions.filter(isPermission);
    return {
      kind: 'robot',
      id,
      username,
      isAdmin: false,
      tenantId,
      projectId,
      projectName: row.project?.name ?? null,
      permissions,
    };
  }
}

function toActor({ id, username, isAdmin }: UserModel): Actor {
  return { kind: 'user', id, username, isAdmin };
}
