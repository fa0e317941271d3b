import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { isRole } from '../kernel/access/permissions.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, isUniqueViolation, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { createToken, hashToken, isId, newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type CreateToken,
  type MeAnswer,
  type TokenAnswer,
  toTokenAnswer,
  toUserAnswer,
  type UpdateMe,
} from './identity.dto.js';
import { fail } from './identity.errors.js';
import { hashPassword, personalTokenPrefix, toTokenPrefix, verifyPassword } from './identity.rules.js';

/** What an actor may know and change of itself. */
@Injectable()
export class MeService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  async get({ actor }: Caller): Promise<MeAnswer> {
    if (actor.kind !== 'user') return toRobotMe(actor.id ?? '', actor.username, this.clock.now());
    const row = await this.database.read.user.findUniqueOrThrow({
      where: { id: actor.id },
      include: {
        bindings: {
          where: { tenantId: { not: null }, projectId: null },
          select: { role: true, tenant: { select: { name: true } } },
          orderBy: { tenant: { name: 'asc' } },
        },
      },
    });
    const memberships = row.bindings.flatMap(({ role, tenant }) =>
      tenant && isRole(role) ? [{ tenant: tenant.name, role }] : [],
    );
    return { ...toUserAnswer(row), isAdmin: actor.isAdmin, kind: 'user', memberships };
  }

  async update(caller: Caller, body: UpdateMe): Promise<MeAnswer> {
    const id = requireUser(caller);
    const { displayName, locale, currentPassword, newPassword } = body;
    const before = await this.database.read.user.findUniqueOrThrow({ where: { id } });
    if (newPassword !== undefined) {
      if (before.passwordHash === null) throw fail('user-is-external');
      if (!(await verifyPassword(currentPassword ?? '', before.passwordHash))) throw fail('password-wrong');
    }
    const passwordHash = newPassword === undefined ? undefined : await hashPassword(newPassword);
    await this.database.transaction(async (tx) => {
      await tx.user.update({ where: { id }, data: { displayName, locale, passwordHash, version: { increment: 1 } } });
      const entry = { action: 'user.update', resource: `users/${before.username}`, after: body };
      await this.audit.record(tx, caller, entry);
    });
    return this.get(caller);
  }

  async listTokens(caller: Caller, query: PageQuery): Promise<Page<TokenAnswer>> {
    const userId = requireUser(caller);
    const { where, orderBy, take } = keyset<Prisma.PersonalTokenWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.personalToken.findMany({
      where: { AND: [where], userId, name },
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toTokenAnswer);
  }

  /** The token itself is in this answer only. */
  async createToken(caller: Caller, { name, expiresInDays }: CreateToken): Promise<TokenAnswer & { token: string }> {
    const userId = requireUser(caller);
    const token = createToken(personalTokenPrefix);
    const expiresAt = expiresInDays ? new Date(this.clock.now().getTime() + expiresInDays * 86_400_000) : null;
    const create = this.database.transaction(async (tx) => {
      const keys = { id: newId(), userId, name, expiresAt };
      const data = { ...keys, prefix: toTokenPrefix(token, personalTokenPrefix), hash: hashToken(token) };
      const row = await tx.personalToken.create({ data });
      const entry = { action: 'token.create', resource: `me/tokens/${row.id}`, after: { name, expiresInDays } };
      await this.audit.record(tx, caller, entry);
      return { ...toTokenAnswer(row), token };
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error instanceof Error && error.cause ? error.cause : error)
        ? fail('token-name-taken')
        : error;
    });
  }

  async deleteToken(caller: Caller, id: string): Promise<void> {
    const userId = requireUser(caller);
    if (!isId(id)) throw fail('token-not-found');
    await this.database.transaction(async (tx) => {
      const { count } = await tx.personalToken.deleteMany({ where: { id, userId } });
      if (count === 0) throw fail('token-not-found');
      await this.audit.record(tx, caller, { action: 'token.delete', resource: `me/tokens/${id}` });
    });
  }
}

function requireUser({ actor }: Caller): string {
  if (actor.kind !== 'user') throw fail('token-not-for-robots');
  return actor.id;
}

function toRobotMe(id: string, username: string, now: Date): MeAnswer {
  const at = now.toISOString();
  const names = { id, name: username, username, displayName: username, email: null, locale: null };
  return { ...names, isAdmin: false, kind: 'robot', memberships: [], createdAt: at, updatedAt: at, version: 1 };
}
