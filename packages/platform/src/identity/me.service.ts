import { Injectable } from '@nestjs/common';
import { MyAccessService } from '../access/my-access.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { CredentialCache } from './credential-cache.service.js';
import { type MeAnswer, toUserAnswer, type UpdateMe } from './identity.dto.js';
import { fail } from './identity.errors.js';
import { requireUser, verifyPassword } from './identity.rules.js';
import { Passwords } from './passwords.service.js';
import { SessionsService } from './sessions.service.js';

/** What an actor may know and change of itself. */
@Injectable()
export class MeService {
  constructor(
    private readonly database: Database,
    private readonly myAccess: MyAccessService,
    private readonly credentials: CredentialCache,
    private readonly sessions: SessionsService,
    private readonly passwords: Passwords,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  async get({ actor }: Caller): Promise<MeAnswer> {
    if (actor.kind !== 'user') {
      const me = toRobotMe(actor.id ?? '', actor.username, this.clock.now());
      return { ...me, ...(await this.myAccess.of(actor)) };
    }
    const row = await this.database.read.user.findUniqueOrThrow({ where: { id: actor.id } });
    return {
      ...toUserAnswer(row, actor.isAdmin),
      kind: 'user',
      impersonator: actor.impersonator?.username ?? null,
      ...(await this.myAccess.of(actor)),
    };
  }

  async update(caller: Caller, body: UpdateMe): Promise<MeAnswer> {
    const id = requireUser(caller);
    const { displayName, locale, currentPassword, newPassword } = body;
    const before = await this.database.read.user.findUniqueOrThrow({ where: { id } });
    if (newPassword !== undefined) {
      if (before.passwordHash === null) throw fail('user-is-external');
      if (!(await verifyPassword(currentPassword ?? '', before.passwordHash))) throw fail('password-wrong');
    }
    const passwordHash = newPassword === undefined ? undefined : await this.passwords.hash(newPassword, before);
    await this.credentials.change(async (tx) => {
      await tx.user.update({ where: { id }, data: { displayName, locale, passwordHash, version: { increment: 1 } } });
      // Whoever else was signed in by the old password is signed out.
      if (passwordHash) await this.sessions.endAllWithin(tx, id, caller.sessionId);
      const entry = { action: 'user.update', resource: `users/${before.username}`, after: body };
      await this.audit.record(tx, caller, entry);
    });
    return this.get(caller);
  }
}

function toRobotMe(id: string, username: string, now: Date) {
  const at = now.toISOString();
  const names = { id, name: username, username, displayName: username, email: null, locale: null };
  const state = { disabledAt: null, isExternal: true };
  return {
    ...names,
    ...state,
    isAdmin: false,
    kind: 'robot' as const,
    impersonator: null,
    createdAt: at,
    updatedAt: at,
    version: 1,
  };
}
