import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Prisma, type QuotaGrantModel, type Transaction } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { formatAmount } from './quantities.rules.js';
import { type GrantAnswer, grantAnswer } from './quotas.dto.js';
import { type QuotaPlace, scopesOf } from './quotas.rules.js';
import { type Amounts, QuotasService } from './quotas.service.js';

interface NewGrant {
  readonly requestId: string;
  readonly reason: string;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
}

/** What was approved on top of a limit; with an end, it returns by itself. */
@Injectable()
export class QuotaGrants {
  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasService,
    private readonly clock: Clock,
  ) {}

  /** Raises the limits of the place's last scope. Throws `quota-above-parent`; what has no limit there needs no grant. */
  async begin(tx: Transaction, place: QuotaPlace, increases: Amounts, grant: NewGrant): Promise<void> {
    const { tenantId } = place;
    const scope = scopesOf(place).at(-1) ?? { level: 'tenant' as const, id: tenantId };
    await this.quotas.lock(tx, tenantId);
    if ((await tx.quotaGrant.count({ where: { tenantId, requestId: grant.requestId } })) > 0) return;
    const limits = await tx.quotaLimit.findMany({ where: { scopeId: scope.id } });
    for (const [resource, amount] of this.quotas.requireAmounts(increases)) {
      if (!limits.some((row) => row.resource === resource)) continue;
      await this.quotas.addGranted(tx, place, resource, amount);
      await tx.quotaGrant.create({
        data: { id: newId(), tenantId, scopeId: scope.id, level: scope.level, resource, amount, ...grant },
      });
    }
  }

  /** Takes back what a request had granted. What is used above it then stays, over quota. False when nothing was in force. */
  async end(tx: Transaction, tenantId: string, requestId: string): Promise<boolean> {
    await this.quotas.lock(tx, tenantId);
    return this.endAll(tx, await tx.quotaGrant.findMany({ where: { tenantId, requestId, endedAt: null } }));
  }

  /** Those whose time is over; gives the tenants that are concerned. */
  async endExpired(): Promise<readonly string[]> {
    const where = { endedAt: null, expiresAt: { lte: this.clock.now() } };
    const rows = await this.database.read.quotaGrant.findMany({ where, take: 500 });
    const tenants = [...new Set(rows.map((row) => row.tenantId))];
    for (const tenantId of tenants)
      await this.database.transaction(async (tx) => {
        await this.quotas.lock(tx, tenantId);
        await this.endAll(tx, await tx.quotaGrant.findMany({ where: { ...where, tenantId } }));
      });
    return tenants;
  }

  async list(caller: TenantCaller, query: PageQuery): Promise<Page<GrantAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.QuotaGrantWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const tenantId = caller.tenant.id;
    const rows = await this.database.read.quotaGrant.findMany({
      where: { AND: [where], tenantId, resource: query.q ? { contains: query.q } : undefined },
      orderBy,
      take,
    });
    const names = await this.names(rows);
    return toPage(
      rows,
      query.limit,
      (row) => [row.createdAt, row.id],
      (row) => toGrantAnswer(row, names.get(row.scopeId) ?? caller.tenant.name),
    );
  }

  private async endAll(tx: Transaction, rows: readonly QuotaGrantModel[]): Promise<boolean> {
    for (const row of rows) {
      const { count } = await tx.quotaGrant.updateMany({
        where: { id: row.id, endedAt: null },
        data: { endedAt: this.clock.now() },
      });
      if (count === 0) continue;
      await tx.quotaLimit.updateMany({
        where: { scopeId: row.scopeId, resource: row.resource },
        data: { granted: { decrement: row.amount } },
      });
    }
    return rows.length > 0;
  }

  private async names(rows: readonly QuotaGrantModel[]): Promise<ReadonlyMap<string, string>> {
    const where = { id: { in: rows.map((row) => row.scopeId) } };
    const select = { id: true, name: true } as const;
    const [projects, environments] = [
      await this.database.read.project.findMany({ where, select }),
      await this.database.read.environment.findMany({ where, select: { ...select, project: { select } } }),
    ];
    return new Map([
      ...projects.map((row) => [row.id, row.name] as const),
      ...environments.map((row) => [row.id, `${row.project.name}/${row.name}`] as const),
    ]);
  }
}

function toGrantAnswer(row: QuotaGrantModel, scope: string): GrantAnswer {
  return {
    id: row.id,
    level: grantAnswer.shape.level.parse(row.level),
    scope,
    resource: row.resource,
    amount: formatAmount(row.resource, row.amount),
    reason: row.reason,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
