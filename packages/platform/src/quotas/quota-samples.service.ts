import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { Metrics } from '../kernel/metrics/metrics.js';
import { inPeriod, surgePrefix, withoutPeriod } from './quantities.rules.js';

const keptDays = 90;
/** What was used up in a period stays readable for so long after. */
const keptPeriodsDays = 400;
const dayMilliseconds = 86_400_000;

/** Writes down, once an hour, what is used: for trends, forecasts and Prometheus. */
@Injectable()
export class QuotaSamples {
  private readonly ratio: Gauge<'tenant' | 'resource'>;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.ratio = new Gauge({
      name: 'slipway_quota_used_ratio',
      help: "Used of a tenant's limit by resource; above 1 where it is over quota.",
      labelNames: ['tenant', 'resource'],
      registers: [metrics.registry],
    });
  }

  /** Any number of workers may: the hour is the key. */
  async take(): Promise<number> {
    const now = this.clock.now();
    const at = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000);
    const count = await this.database.read.$executeRaw`
      INSERT INTO quota_samples ("tenantId", "scopeId", resource, at, used, "limit")
      SELECT c."tenantId", c."scopeId", c.resource, ${at}, c.used, l.amount + l.granted
      FROM quota_counters c LEFT JOIN quota_limits l ON l."scopeId" = c."scopeId" AND l.resource = split_part(c.resource, '@', 1)
      WHERE c.resource NOT LIKE ${`${surgePrefix}%`} AND (c.used > 0 OR l.amount IS NOT NULL)
        AND (c.resource NOT LIKE '%@%' OR c.resource = ${inPeriod('build-minutes', now)})
      ON CONFLICT DO NOTHING`;
    await this.publish(now);
    return count;
  }

  async sweep(): Promise<void> {
    const now = this.clock.now().getTime();
    const { read } = this.database;
    await read.quotaSample.deleteMany({ where: { at: { lt: new Date(now - keptDays * dayMilliseconds) } } });
    const before = new Date(now - keptPeriodsDays * dayMilliseconds).toISOString().slice(0, 10);
    await read.$executeRaw`
      DELETE FROM quota_claims WHERE resource LIKE '%@%' AND split_part(resource, '@', 2) < left(${before}, length(split_part(resource, '@', 2)))`;
    await read.$executeRaw`
      DELETE FROM quota_counters WHERE resource LIKE '%@%' AND split_part(resource, '@', 2) < left(${before}, length(split_part(resource, '@', 2)))`;
    const wait = { state: { not: 'waiting' }, finishedAt: { lt: new Date(now - keptDays * dayMilliseconds) } };
    await read.quotaWait.deleteMany({ where: wait });
  }

  private async publish(now: Date): Promise<void> {
    const limits = await this.database.read.quotaLimit.findMany({ where: { level: 'tenant' } });
    const tenants = await this.database.read.tenant.findMany({ select: { id: true, name: true } });
    const counters = await this.database.read.quotaCounter.findMany({
      where: { scopeId: { in: limits.map((row) => row.scopeId) } },
    });
    this.ratio.reset();
    for (const { scopeId, resource, amount, granted } of limits) {
      const tenant = tenants.find(({ id }) => id === scopeId)?.name;
      const counted = inPeriod(withoutPeriod(resource), now);
      const used = counters.find((row) => row.scopeId === scopeId && row.resource === counted)?.used ?? 0n;
      if (tenant && amount + granted > 0n)
        this.ratio.set({ tenant, resource }, Number(used) / Number(amount + granted));
    }
  }
}
