import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { BackgroundLoop } from '../kernel/jobs/background-loop.js';
import { Log } from '../kernel/log/log.js';
import { AuditChainCheck } from './audit-chain-check.service.js';
import { AuditExports } from './audit-exports.service.js';
import { AuditRetention } from './audit-retention.service.js';
import { AuditRuleRunner } from './audit-rule-runner.service.js';
import { AuditSealer } from './audit-sealer.service.js';

/** 1,000 rows each time: 6 million a day. */
const checkMilliseconds = 15_000;
const sweepMilliseconds = 3_600_000;

/** Seals what was written, about once a second, has the rules judge it, and looks hourly for what need not be kept. Any number of workers may run it. */
@Injectable()
export class AuditLoop extends BackgroundLoop {
  private sweptAt = 0;
  private checkedAt = 0;

  constructor(
    private readonly sealer: AuditSealer,
    private readonly rules: AuditRuleRunner,
    private readonly chains: AuditChainCheck,
    private readonly retention: AuditRetention,
    private readonly exports: AuditExports,
    clock: Clock,
    log: Log,
  ) {
    super(clock, log, { pauseMilliseconds: 1_000, onFailure: 'The audit log waits to be sealed' });
  }

  protected async round(): Promise<void> {
    await this.sealer.run();
    await this.rules.run();
    await this.check();
    await this.sweep();
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
