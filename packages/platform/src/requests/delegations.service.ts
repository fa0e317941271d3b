import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Prisma } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Actor, Caller } from '../kernel/tenancy/caller.js';
import { type CreateDelegation, type DelegationAnswer, delegationAnswer } from './delegations.dto.js';
import { fail } from './delegations.errors.js';

const names = { from: { select: { username: true } }, to: { select: { username: true } } } as const;
type Row = Prisma.DelegationGetPayload<{ include: typeof names }>;
const longestMilliseconds = 366 * 86_400_000;

/** Who decides for whom. A delegation gives no right that its giver lacks at the moment of the decision. */
@Injectable()
export class DelegationsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Those I gave and those I was given, as far as they are not over. */
  async list(caller: Caller, query: PageQuery): Promise<Page<DelegationAnswer>> {
    const userId = requireUser(caller.actor);
    const { where, orderBy, take } = keyset<Prisma.DelegationWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const username = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.delegation.findMany({
      where: {
        AND: [where, { OR: [{ fromUserId: userId }, { toUserId: userId }] }],
        endsAt: { gt: this.clock.now() },
        to: { username },
      },
      include: names,
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.createdAt, row.id],
      (row) => toAnswer(row, userId),
    );
  }

  async create(caller: Caller, body: CreateDelegation): Promise<DelegationAnswer> {
    const userId = requireUser(caller.actor);
    const now = this.clock.now();
    const startsAt = body.startsAt ? new Date(body.startsAt) : now;
    const endsAt = new Date(body.endsAt);
    const to = await this.database.read.user.findUnique({ where: { username: body.to }, select: { id: true } });
    if (!to) throw fail('delegation-invalid', 'There is no user of this name.');
    if (to.id === userId) throw fail('delegation-invalid', 'You decide for yourself without a delegation.');
    const length = endsAt.getTime() - startsAt.getTime();
    if (length <= 0 || length > longestMilliseconds || endsAt <= now)
      throw fail('delegation-invalid', 'The times are wrong.');
    return this.database.transaction(async (tx) => {
      const data = { id: newId(), fromUserId: userId, toUserId: to.id, kinds: body.kinds, startsAt, endsAt };
      const row = await tx.delegation.create({ data, include: names });
      await this.audit.record(tx, caller, {
        action: 'delegation.create',
        resource: `me/delegations/${row.id}`,
        after: body,
      });
      return toAnswer(row, userId);
    });
  }

  /** By whoever gave it, and by whoever was given it. */
  async delete(caller: Caller, id: string): Promise<void> {
    const userId = requireUser(caller.actor);
    if (!isId(id)) throw fail('delegation-not-found');
    await this.database.transaction(async (tx) => {
      const { count } = await tx.delegation.deleteMany({
        where: { id, OR: [{ fromUserId: userId }, { toUserId: userId }] },
      });
      if (count === 0) throw fail('delegation-not-found');
      await this.audit.record(tx, caller, { action: 'delegation.delete', resource: `me/delegations/${id}` });
    });
  }
}

function requireUser(actor: Actor): string {
  if (actor.kind !== 'user') throw refuse('forbidden', 'Only people delegate.');
  return actor.id;
}

function toAnswer(row: Row, userId: string): DelegationAnswer {
  return {
    id: row.id,
    from: row.from.username,
    to: row.to.username,
    isMine: row.fromUserId === userId,
    kinds: delegationAnswer.shape.kinds.parse(row.kinds),
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
  };
}
