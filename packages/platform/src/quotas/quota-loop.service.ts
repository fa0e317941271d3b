import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { BackgroundLoop } from '../kernel/jobs/background-loop.js';
import { Log } from '../kernel/log/log.js';
import { NamespaceQuotas } from './namespace-quotas.service.js';
import { QuotaGrants } from './quota-grants.service.js';
import { QuotaPools } from './quota-pools.service.js';
import { QuotaQueue } from './quota-queue.service.js';
import { QuotaRepair } from './quota-repair.service.js';
import { QuotaSamples } from './quota-samples.service.js';

const hourMilliseconds = 3_600_000;

/** The hourly part. Each piece may run twice. */
@Injectable()
export class QuotaHourly {
  constructor(
    private readonly database: Database,
    private readonly samples: QuotaSamples,
    private readonly grants: QuotaGrants,
    private readonly repair: QuotaRepair,
    private readonly pools: QuotaPools,
    private readonly namespaces: NamespaceQuotas,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    await this.grants.endExpired();
    await this.samples.take();
    await this.samples.sweep();
    await this.repair.run();
    await this.pools.refresh();
    const limited = await this.database.read.quotaLimit.findMany({
      distinct: ['tenantId'],
      select: { tenantId: true },
    });
    for (const { tenantId } of limited) {
      if (signal.aborted) return;
      await this.namespaces.applyTenant(tenantId);
    }
  }
}

/** What goes on by itself: the queue every other second; samples, grants that end, recounts and mirrors every hour. */
@Injectable()
export class QuotaLoop extends BackgroundLoop {
  private hour = 0;

  constructor(
    private readonly queue: QuotaQueue,
    private readonly work: QuotaHourly,
    clock: Clock,
    log: Log,
  ) {
    super(clock, log, { pauseMilliseconds: 2_000, onFailure: 'The work on quotas is done again' });
  }

  protected async round(signal: AbortSignal): Promise<void> {
    await this.queue.round();
    const hour = Math.floor(this.clock.now().getTime() / hourMilliseconds);
    if (hour !== this.hour) await this.work.run(signal);
    this.hour = hour;
  }
}
