import { Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { createToken, hashToken, newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { CredentialCache } from './credential-cache.service.js';
import { earlier } from './credentials.rules.js';
import { fail } from './identity.errors.js';
import { impersonationTokenPrefix, requireUser, toTokenPrefix } from './identity.rules.js';
import type { Impersonate, ImpersonationAnswer } from './impersonation.dto.js';
import { ImpersonationNews } from './impersonation-news.service.js';
import { UsersService } from './users.service.js';

/** Acting in another's name: a token of the user's that says who acts by it. Whether he may is asked again at each use. */
@Injectable()
export class Impersonations {
  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialCache,
    private readonly users: UsersService,
    private readonly access: Access,
    private readonly news: ImpersonationNews,
    private readonly clock: Clock,
  ) {}

  /** The token itself is in this answer only. */
  async begin(caller: Caller, username: string, body: Impersonate): Promise<ImpersonationAnswer> {
    const user = await this.users.getRow(username);
    if (!(await this.access.canActAs(caller.actor, user.id))) throw fail('impersonation-refused');
    const impersonatorId = requireUser(caller);
    const madeBy = caller.sessionId ?? null;
    const maker = madeBy ? await this.database.read.personalToken.findUnique({ where: { id: madeBy } }) : null;
    const now = this.clock.now();
    const end = new Date(now.getTime() + body.expiresInMinutes * 60_000);
    const expiresAt = earlier(end, maker?.expiresAt ?? null);
    const token = createToken(impersonationTokenPrefix);
    await this.database.transaction(async (tx) => {
      const id = newId();
      const prefix = toTokenPrefix(token, impersonationTokenPrefix);
      const keys = { id, userId: user.id, impersonatorId, kind: 'impersonation', name: `impersonation-${id}` };
      const data = { ...keys, prefix, hash: hashToken(token), madeBy, ranges: maker?.ranges ?? [], expiresAt };
      await tx.personalToken.create({ data: { ...data, createdAt: now } });
      await this.news.tellBegun(tx, caller, { id, user, reason: body.reason, begunAt: now, expiresAt });
    });
    return {
      token,
      expiresAt: expiresAt.toISOString(),
      subject: { id: user.id, username: user.username },
      act: { id: impersonatorId, username: caller.actor.username },
    };
  }

  async end(caller: Caller, username: string): Promise<void> {
    const user = await this.users.getRow(username);
    const where = { userId: user.id, impersonatorId: requireUser(caller), kind: 'impersonation' };
    await this.credentials.change(async (tx) => {
      const { count } = await tx.personalToken.deleteMany({ where });
      if (count === 0) throw fail('impersonation-not-found');
      await this.news.tellEnded(tx, caller, user.username);
    });
  }
}
