import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { BackgroundLoop } from '../kernel/jobs/background-loop.js';
import { Log } from '../kernel/log/log.js';
import { keepKubeTokenMilliseconds } from './identity.rules.js';

const pauseMilliseconds = 10 * 60_000;
/** Few enough that no sign-in waits for the rows that a round takes. */
const rowsAtOnce = 1_000;

/** Takes away what has run out and is asked for no more: codes, grants and sessions of the built-in issuer, tokens for kubectl. */
@Injectable()
export class ExpiredCredentialsLoop extends BackgroundLoop {
  constructor(
    private readonly database: Database,
    clock: Clock,
    log: Log,
  ) {
    super(clock, log, { pauseMilliseconds, onFailure: 'Expired credentials could not be taken away' });
  }

  protected override round(signal: AbortSignal): Promise<void> {
    return this.sweep(signal);
  }

  /** Any number of workers may. */
  async sweep(signal?: AbortSignal): Promise<void> {
    const now = this.clock.now();
    const { read } = this.database;
    const unused = new Date(now.getTime() - keepKubeTokenMilliseconds);
    await read.personalToken.deleteMany({ where: { kind: 'kube', expiresAt: { lt: unused } } });
    await read.personalToken.deleteMany({ where: { kind: 'impersonation', expiresAt: { lt: now } } });
    for (let count = rowsAtOnce; count === rowsAtOnce && !signal?.aborted; ) {
      count = await read.$executeRaw`
        DELETE FROM issuer_records WHERE (model, id) IN (
          SELECT model, id FROM issuer_records WHERE "expiresAt" <= ${now} LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED)`;
    }
  }
}
