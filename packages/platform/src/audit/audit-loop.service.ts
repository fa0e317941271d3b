import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Log } from '../kernel/log/log.js';
import { AuditChainCheck } from './audit-chain-check.service.js';
import { AuditExports } from './audit-exports.service.js';
import { AuditRetention } from './audit-retention.service.js';
import { AuditRuleRunner } from './audit-rule-runner.service.js';
import { AuditSealer } from './audit-sealer.service.js';

const pauseMilliseconds = 1_000;
/** 1,000 rows each time: 6 million a day. */
const checkMilliseconds = 15_000;
const sweepMilliseconds = 3_600_000;

/** Seals what was written, about once a second, has the rules judge it, and looks hourly for what need not be kept. Any number of workers may run it. */
@Injectable()
export class AuditLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private sweptAt = 0;
  private checkedAt = 0;

  constructor(
    private readonly sealer: AuditSealer,
    private readonly rules: AuditRuleRunner,
    private readonly chains: AuditChainCheck,
    private readonly retention: AuditRetention,
    private readonly exports: AuditExports,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.sealer.run();
        await this.rules.run();
        await this.check();
        await this.sweep();
      } catch (error) {
        this.log.warn('The audit log waits to be sealed', { error });
      }
      await this.clock.sleep(pauseMilliseconds, signal);
    }
  }

  private async check(): Promise<void> {
    const now = this.clock.now().getTime();
    if (now - this.checkedAt < checkMilliseconds) return;
    this.checkedAt = now;
    await this.chains.run();
  }

  private async sweep(): Promise<void> {
    const now = this.clock.now().getTime();
    if (now - this.sweptAt < sweepMilliseconds) return;
    this.sweptAt = now;
    await this.retention.run();
    await this.exports.sweep();
  }
}
