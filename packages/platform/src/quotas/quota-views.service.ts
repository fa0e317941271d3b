import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Reader } from '../kernel/database/index.js';
import { type Forecast, forecast, type Sample } from './forecast.rules.js';
import { formatAmount, inPeriod, periodEnd, periodOf, surgePrefix, withoutPeriod } from './quantities.rules.js';
import type { QuotaAnswer, QuotaItem, UsageQuery } from './quotas.dto.js';
import type { Level } from './quotas.rules.js';

/** Whose quota is looked at. */
export interface QuotaScope {
  readonly level: Level;
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly projectId?: string;
  readonly environmentId?: string;
  /** The path under /api/v1. */
  readonly path: string;
}

const isShown = (resource: string): boolean => !resource.startsWith(surgePrefix);
const trendDays = 14;
const dayMilliseconds = 86_400_000;
const ratioOf = (used: bigint, limit: bigint): number =>
  limit > 0n ? Math.round((Number(used) / Number(limit)) * 10_000) / 10_000 : used > 0n ? 9.99 : 1;

/** What is allowed and what is used, as people read it. */
@Injectable()
export class QuotaViews {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async get(scope: QuotaScope, reader: Reader = this.database.read): Promise<QuotaAnswer> {
    const { id: scopeId, tenantId } = scope;
    const now = this.clock.now();
    const [limits, counters, setting, childLimits, waiting] = [
      await reader.quotaLimit.findMany({ where: { scopeId, tenantId } }),
      await reader.quotaCounter.findMany({ where: { scopeId, tenantId } }),
      await reader.quotaSetting.findFirst({ where: { scopeId, tenantId } }),
      await reader.quotaLimit.findMany({ where: { parentId: scopeId, tenantId } }),
      await reader.quotaWait.count({ where: { tenantId, projectId: scope.projectId, state: 'waiting' } }),
    ];
    const isNow = (resource: string) => resource === inPeriod(withoutPeriod(resource), now);
    const current = counters.filter(({ resource, used }) => isNow(resource) && isShown(resource) && used > 0n);
    const names = new Set([...limits, ...current, ...childLimits].map(({ resource }) => withoutPeriod(resource)));
    const samples = await this.samples(reader, scopeId, tenantId, trendDays);
    const items = [...names].sort().map((resource): QuotaItem => {
      const limit = limits.find((row) => row.resource === resource);
      const most = limit ? limit.amount + limit.granted : null;
      const counted = inPeriod(resource, now);
      const used = current.find((row) => row.resource === counted)?.used ?? 0n;
      const shared = childLimits.filter((row) => row.resource === resource);
      const write = (amount: bigint) => formatAmount(resource, amount);
      return {
        resource,
        used: write(used),
        limit: most === null ? null : write(most),
        granted: write(limit?.granted ?? 0n),
        free: most === null ? null : write(most > used ? most - used : 0n),
        ratio: most === null ? null : ratioOf(used, most),
        isOver: most !== null && used > most,
        shared: shared.length === 0 ? null : write(shared.reduce((sum, row) => sum + row.amount + row.granted, 0n)),
        period: periodOf(resource) ?? null,
        forecast:
          most === null
            ? null
            : toForecast(
                forecast(
                  [...(samples.get(counted) ?? []), { at: now.getTime(), used: Number(used) }],
                  Number(most),
                  periodEnd(resource, now)?.getTime(),
                ),
              ),
      };
    });
    return {
      id: scopeId,
      name: scope.name,
      level: scope.level,
      overcommitPercent: setting?.overcommitPercent ?? 100,
      items,
      children: await this.children(reader, scope, childLimits, now),
      changes: [],
      isOver: items.some(({ isOver }) => isOver),
      waiting,
      updatedAt: setting?.updatedAt.toISOString() ?? null,
      version: setting?.version ?? 0,
    };
  }

  async usage(scope: QuotaScope, query: UsageQuery) {
    const since = new Date(this.clock.now().getTime() - query.days * dayMilliseconds);
    const rows = await this.database.read.quotaSample.findMany({
      where: { scopeId: scope.id, tenantId: scope.tenantId, at: { gte: since } },
      orderBy: { at: 'asc' },
      take: 50_000,
    });
    const names = [...new Set(rows.map((row) => withoutPeriod(row.resource)))]
      .filter((name) => isShown(name) && (query.resource === undefined || name === query.resource))
      .sort();
    const series = names.map((resource) => ({
      resource,
      points: rows
        .filter((row) => withoutPeriod(row.resource) === resource)
        .map((row) => ({
          at: row.at.toISOString(),
          used: formatAmount(resource, row.used),
          limit: row.limit === null ? null : formatAmount(resource, row.limit),
          ratio: row.limit === null ? null : ratioOf(row.used, row.limit),
        })),
    }));
    return { series };
  }

  private async children(
    reader: Reader,
    { level, id, tenantId }: QuotaScope,
    limits: readonly { scopeId: string; resource: string; amount: bigint; granted: bigint }[],
    now: Date,
  ): Promise<QuotaAnswer['children']> {
    if (level === 'environment') return [];
    const select = { id: true, name: true } as const;
    const rows =
      level === 'tenant'
        ? await reader.project.findMany({ where: { tenantId }, select, orderBy: { name: 'asc' }, take: 500 })
        : await reader.environment.findMany({ where: { projectId: id }, select, orderBy: { name: 'asc' }, take: 500 });
    const scopeId = { in: rows.map((row) => row.id) };
    const counters = await reader.quotaCounter.findMany({ where: { tenantId, scopeId, used: { gt: 0 } } });
    return rows.map((row) => ({
      ...row,
      limits: Object.fromEntries(
        limits
          .filter((limit) => limit.scopeId === row.id)
          .map(({ resource, amount, granted }) => [resource, formatAmount(resource, amount + granted)]),
      ),
      used: Object.fromEntries(
        counters
          .filter(
            (each) =>
              each.scopeId === row.id &&
              isShown(each.resource) &&
              each.resource === inPeriod(withoutPeriod(each.resource), now),
          )
          .map(({ resource, used }) => [withoutPeriod(resource), formatAmount(resource, used)]),
      ),
    }));
  }

  private async samples(reader: Reader, scopeId: string, tenantId: string, days: number) {
    const at = { gte: new Date(this.clock.now().getTime() - days * dayMilliseconds) };
    const rows = await reader.quotaSample.findMany({ where: { scopeId, tenantId, at }, orderBy: { at: 'asc' } });
    const byResource = new Map<string, Sample[]>();
    for (const row of rows)
      byResource.set(row.resource, [
        ...(byResource.get(row.resource) ?? []),
        { at: row.at.getTime(), used: Number(row.used) },
      ]);
    return byResource;
  }
}

function toForecast(found: Forecast): QuotaItem['forecast'] {
  if (found.state !== 'filling') return { state: found.state, days: null, earliestDays: null, latestDays: null };
  return { ...found };
}
