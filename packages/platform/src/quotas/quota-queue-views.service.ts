import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Prisma, type QuotaWaitModel } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId } from '../kernel/ids/ids.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { formatAmount, inPeriod } from './quantities.rules.js';
import type { PoolWaitAnswer } from './quota-pools.dto.js';
import { waitsOf } from './quota-pools.service.js';
import { type OverviewItem, type WaitAnswer, type WaitsQuery, waitAnswer } from './quota-queue.dto.js';
import { blockedBySchema, QuotaQueue } from './quota-queue.service.js';

/** The queue as people see it, and the overview over all tenants. */
@Injectable()
export class QuotaQueueViews {
  constructor(
    private readonly database: Database,
    private readonly queue: QuotaQueue,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  async list(caller: TenantCaller, query: WaitsQuery): Promise<Page<WaitAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.QuotaWaitWhereInput>(query, 'createdAt', { type: 'date' });
    const rows = await this.database.read.quotaWait.findMany({
      where: {
        AND: [where],
        tenantId: caller.tenant.id,
        state: query.state,
        subject: query.q ? { contains: query.q } : undefined,
      },
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toWaitAnswer);
  }

  /** Whoever waits no longer: what it was for is given up. A repeated call answers the same. */
  async cancel(caller: TenantCaller, id: string): Promise<WaitAnswer> {
    return toWaitAnswer(await this.giveUp(caller, caller.tenant, { id, tenantId: caller.tenant.id }));
  }

  /** What waits for a cluster's pool, in its turns over all tenants. */
  async listOfPool(cluster: string, query: PageQuery): Promise<Page<PoolWaitAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.QuotaWaitWhereInput>(query, 'position', { type: 'number' });
    const rows = await this.database.read.quotaWait.findMany({
      where: { AND: [where, waitsOf(cluster)], subject: query.q ? { contains: query.q } : undefined },
      orderBy,
      take,
    });
    const names = await this.names(rows);
    const toItem = (row: QuotaWaitModel) => ({ ...toWaitAnswer(row), tenant: names.get(row.tenantId) ?? row.tenantId });
    return toPage(rows, query.limit, (row) => [row.position, row.id], toItem);
  }

  /** As `cancel`, by those who look after the cluster. */
  async cancelOfPool(caller: Caller, cluster: string, id: string): Promise<PoolWaitAnswer> {
    const row = isId(id) ? await this.database.read.quotaWait.findUnique({ where: { id } }) : null;
    const blocked = row && blockedBySchema.parse(row.blockedBy);
    if (!row || blocked?.source !== 'cluster' || blocked.id !== cluster) throw refuse('not-found');
    const name = (await this.names([row])).get(row.tenantId) ?? row.tenantId;
    const after = await this.giveUp(caller, { id: row.tenantId, name }, { id });
    return { ...toWaitAnswer(after), tenant: name };
  }

  private async giveUp(
    caller: Caller,
    tenant: { readonly id: string; readonly name: string },
    where: { readonly id: string; readonly tenantId?: string },
  ): Promise<QuotaWaitModel> {
    const row = isId(where.id) ? await this.database.read.quotaWait.findFirst({ where }) : null;
    if (!row) throw refuse('not-found');
    await this.database.transaction(async (tx) => {
      await this.queue.cancel(tx, row);
      await this.audit.record(tx, caller, {
        action: 'quota.cancel-wait',
        resource: `tenants/${tenant.name}/quota/queue/${row.id}`,
        tenant: { id: tenant.id, name: tenant.name },
        projectId: row.projectId ?? undefined,
      });
    });
    return this.database.read.quotaWait.findUniqueOrThrow({ where: { id: row.id } });
  }

  private async names(rows: readonly QuotaWaitModel[]): Promise<ReadonlyMap<string, string>> {
    const where = { id: { in: rows.map((row) => row.tenantId) } };
    const tenants = await this.database.read.tenant.findMany({ where, select: { id: true, name: true } });
    return new Map(tenants.map(({ id, name }) => [id, name]));
  }

  async overview(query: PageQuery): Promise<Page<OverviewItem>> {
    const { where, orderBy, take } = keyset<Prisma.TenantWhereInput>(query, 'name');
    const { read } = this.database;
    const rows = await read.tenant.findMany({
      where: { AND: [where], name: query.q ? { contains: query.q } : undefined },
      orderBy,
      take,
      select: { id: true, name: true },
    });
    const scopeId = { in: rows.map((row) => row.id) };
    const [limits, counters, waits] = [
      await read.quotaLimit.findMany({ where: { scopeId } }),
      await read.quotaCounter.findMany({ where: { scopeId } }),
      await read.quotaWait.groupBy({ by: ['tenantId'], where: { tenantId: scopeId, state: 'waiting' }, _count: true }),
    ];
    const now = this.clock.now();
    const nearestOf = (id: string): OverviewItem['nearest'] => {
      const bars = limits
        .filter((row) => row.scopeId === id)
        .map(({ resource, amount, granted }) => {
          const counted = inPeriod(resource, now);
          const used = counters.find((row) => row.scopeId === id && row.resource === counted)?.used ?? 0n;
          const limit = amount + granted;
          const ratio = limit > 0n ? Number(used) / Number(limit) : used > 0n ? 9.99 : 1;
          return { resource, used: formatAmount(resource, used), limit: formatAmount(resource, limit), ratio };
        });
      return bars.sort((a, b) => b.ratio - a.ratio)[0] ?? null;
    };
    const toItem = ({ id, name }: (typeof rows)[number]): OverviewItem => {
      const nearest = nearestOf(id);
      const waiting = waits.find((row) => row.tenantId === id)?._count ?? 0;
      return { id, name, nearest, isOver: (nearest?.ratio ?? 0) > 1, waiting };
    };
    return toPage(rows, query.limit, (row) => [row.name, row.id], toItem);
  }
}

function toWaitAnswer(row: QuotaWaitModel): WaitAnswer {
  const { source, resource, missing, fits } = blockedBySchema.parse(row.blockedBy);
  return {
    id: row.id,
    subject: row.subject,
    state: waitAnswer.shape.state.parse(row.state),
    position: row.state === 'waiting' ? row.position : null,
    blockedBy: { level: source, resource, missing, fits },
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
