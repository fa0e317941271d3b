import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { BackgroundLoop } from '../kernel/jobs/background-loop.js';
import { Log } from '../kernel/log/log.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { CertificateWatch } from './certificate-watch.service.js';
import { DomainNews } from './domain-news.service.js';
import { DomainVerification } from './domain-verification.service.js';

const roundMilliseconds = 5_000;
/** So many in a round, shared out among the tenants: each asks the DNS a few times. */
const domainsARound = 30;
/** Who has claimed one is expected to be done with it by then. */
const claimMilliseconds = 5 * 60_000;

/** Looks for the proofs of pending host names, and at certificates. Any number of workers share the work out. */
@Injectable()
export class DomainLoop extends BackgroundLoop {
  constructor(
    private readonly database: Database,
    private readonly news: DomainNews,
    private readonly verification: DomainVerification,
    private readonly certificates: CertificateWatch,
    clock: Clock,
    private readonly logger: Log,
  ) {
    super(clock, logger, { pauseMilliseconds: roundMilliseconds, onFailure: 'The look at domains is done again' });
  }

  async round(): Promise<void> {
    await this.verifyDue();
    await this.certificates.round();
  }

  private async verifyDue(): Promise<void> {
    const now = this.clock.now();
    const claimed = new Date(now.getTime() + claimMilliseconds);
    const ids = await this.database.read.$queryRaw<{ id: string }[]>`
      UPDATE domains SET "nextCheckAt" = ${claimed} WHERE id IN (
        SELECT d.id FROM domains d JOIN (
          SELECT id, row_number() OVER (PARTITION BY "tenantId" ORDER BY "nextCheckAt") AS turn
          FROM domains WHERE state = 'pending' AND "nextCheckAt" <= ${now}) AS due ON due.id = d.id
        ORDER BY due.turn, d."nextCheckAt" LIMIT ${domainsARound} FOR UPDATE OF d SKIP LOCKED)
      RETURNING id`;
    await Promise.all(ids.map(({ id }) => this.check(id)));
  }

  private async check(id: string): Promise<void> {
    const row = await this.database.read.domain.findUnique({ where: { id } });
    const scope = row && (await this.news.findPlace(row.placementId));
    if (!scope || row.state !== 'pending') return;
    try {
      await this.verification.check(systemCaller('domains', newId()), scope, row);
    } catch (error) {
      this.logger.warn('A host name is looked at again', { domainId: id, error });
      await this.verification.postpone(row, 'It could not be put into force yet: it is tried again.');
    }
  }
}
