import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { BackgroundLoop } from '../kernel/jobs/background-loop.js';
import { Log } from '../kernel/log/log.js';
import { AuditStreamRunner } from './audit-stream-runner.service.js';

/** Looks about once a second for what streams have to send: apart from the sealing, which waits for no target. */
@Injectable()
export class AuditStreamLoop extends BackgroundLoop {
  constructor(
    private readonly runner: AuditStreamRunner,
    clock: Clock,
    log: Log,
  ) {
    super(clock, log, { pauseMilliseconds: 1_000, onFailure: 'Audit streams wait' });
  }

  protected async round(): Promise<void> {
    await this.runner.run();
  }
}
