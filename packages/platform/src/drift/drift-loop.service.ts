import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { BackgroundLoop } from '../kernel/jobs/background-loop.js';
import { Log } from '../kernel/log/log.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import { lookForDrift } from './drift.job-definitions.js';

/** Each environment in turn, not more often than this. */
const everyMilliseconds = 60_000;
/** So many in a round: 4 namespaces a second at most, of seven lists each, whatever the number of tenants. */
const environmentsARound = 20;
const roundMilliseconds = 5_000;

/** Has the environments looked at that were longest not looked at. Any number of workers share them out. */
@Injectable()
export class DriftLoop extends BackgroundLoop {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    clock: Clock,
    log: Log,
  ) {
    super(clock, log, { pauseMilliseconds: roundMilliseconds, onFailure: 'The look for drift is done again' });
  }

  protected async round(): Promise<void> {
    const now = this.clock.now();
    const due = new Date(now.getTime() - everyMilliseconds);
    await this.database.transaction(async (tx) => {
      const claimed = await tx.$queryRaw<{ id: string; tenantId: string }[]>`
        UPDATE environments SET "driftLookAt" = ${now} WHERE id IN (
          SELECT e.id FROM environments e
          WHERE e.state = 'ready' AND (e."driftLookAt" IS NULL OR e."driftLookAt" < ${due})
            AND EXISTS (SELECT 1 FROM placements p WHERE p."environmentId" = e.id AND p."releaseId" IS NOT NULL)
          ORDER BY e."driftLookAt" NULLS FIRST LIMIT ${environmentsARound} FOR UPDATE SKIP LOCKED)
        RETURNING id, "tenantId"`;
      for (const { id, tenantId } of claimed)
        await this.outbox.enqueue(tx, lookForDrift, { environmentId: id, tenantId });
    });
  }
}
