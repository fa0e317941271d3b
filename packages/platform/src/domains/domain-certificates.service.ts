import { Injectable } from '@nestjs/common';
import { isNotFound } from '@slipway/orchestrator/client';
import { listenerSets } from '@slipway/orchestrator/kinds';
import type { PlacementScope } from '../applications/application-scopes.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import type { Transaction } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { CertificateKeeper } from './certificate-keeper.service.js';
import { DomainAnswers, type WholeDomain } from './domain-answers.service.js';
import { DomainNews, type DomainPlace } from './domain-news.service.js';
import type { ChangeDomain, DomainAnswer, SetCertificate } from './domains.dto.js';
import { fail } from './domains.errors.js';

/** A ListenerSet has so many listeners at most. */
const mostCertificates = 64;

const notServed = { path: 'body.https', code: 'no-certificate', message: 'Needs a certificate that is valid now.' };

/** Gives host names certificates of their own, and takes them away. */
@Injectable()
export class DomainCertificates {
  constructor(
    private readonly news: DomainNews,
    private readonly answers: DomainAnswers,
    private readonly clusters: ClustersService,
    private readonly keeper: CertificateKeeper,
  ) {}

  /** An uploaded one is held against the host name first; a Secret that was named may come later. */
  async set(caller: TenantCaller, place: DomainPlace, hostname: string, wanted: SetCertificate): Promise<DomainAnswer> {
    const scope = await this.news.getPlace(caller, place);
    const row = await this.news.get(scope, hostname);
    const kept = 'secret' in wanted ? await this.keeper.name(scope, row, wanted.secret) : this.keeper.seal(row, wanted);
    await this.requireKind(scope);
    await this.news.change(caller, scope, row.state === 'verified', async (tx) => {
      await this.keeper.requireRoom(tx, scope, row, mostCertificates);
      await this.touch(tx, caller, row);
      await this.keeper.save(tx, scope, row, kept);
      const { secretName, facts } = kept;
      const after = { ...(secretName === null ? { uploaded: true } : { secret: secretName }), ...facts };
      await this.news.tell(tx, caller, scope, 'set-certificate', row.hostname, after);
    });
    return this.answer(scope, hostname);
  }

  async remove(caller: TenantCaller, place: DomainPlace, hostname: string): Promise<void> {
    const scope = await this.news.getPlace(caller, place);
    const row = await this.news.get(scope, hostname);
    if (!row.certificate) throw fail('certificate-not-found');
    await this.news.change(caller, scope, row.state === 'verified', async (tx) => {
      await this.touch(tx, caller, row, { https: 'also' });
      await this.keeper.drop(tx, scope, row);
      await this.news.tell(tx, caller, scope, 'remove-certificate', row.hostname);
    });
  }

  /** Nobody is sent to where no certificate of the name is shown. */
  async changeHttps(
    caller: TenantCaller,
    place: DomainPlace,
    hostname: string,
    { https }: ChangeDomain,
    isDryRun = false,
  ): Promise<DomainAnswer> {
    const scope = await this.news.getPlace(caller, place);
    const row = await this.news.get(scope, hostname);
    const [shown] = await this.answers.toAnswers(scope, [row]);
    const isServed = shown?.certificate?.state === 'valid' || shown?.certificate?.state === 'expiring';
    if (https === 'only' && !isServed) throw fail('https-without-certificate', { errors: [notServed] });
    const work = async (tx: Transaction) => {
      const { certificate } = await this.touch(tx, caller, row, { https });
      if (https === 'only' && !certificate) throw fail('https-without-certificate', { errors: [notServed] });
      await this.news.tell(tx, caller, scope, 'update', row.hostname, { https });
    };
    const isRouted = row.state === 'verified';
    if (isDryRun) {
      const plan = await this.news.plan(caller, scope, isRouted, work);
      return { ...(await this.answer(scope, hostname)), plan };
    }
    await this.news.change(caller, scope, isRouted, work);
    return this.answer(scope, hostname);
  }

  private async touch(
    tx: Transaction,
    caller: TenantCaller,
    { id }: WholeDomain,
    change: Partial<ChangeDomain> = {},
  ): Promise<WholeDomain> {
    await tx.$queryRaw`SELECT 1 FROM domains WHERE id = ${id}::uuid FOR UPDATE`;
    const row = await tx.domain.findUnique({ where: { id }, include: { certificate: true } });
    if (!row) throw fail('domain-not-found');
    requireVersion(caller, row);
    await tx.domain.update({ where: { id }, data: { ...change, version: { increment: 1 } } });
    return row;
  }

  /** Throws 422 where the cluster does not know the kind; one that does not answer is asked again by the rollout. */
  private async requireKind({ environment: { cluster, namespace } }: PlacementScope): Promise<void> {
    try {
      await this.clusters.use(cluster, (client) => client.list(listenerSets, { namespace, limit: 1 }));
    } catch (error) {
      if (isNotFound(error)) throw fail('certificates-unsupported');
    }
  }

  private async answer(scope: PlacementScope, hostname: string): Promise<DomainAnswer> {
    const [answer] = await this.answers.toAnswers(scope, [await this.news.get(scope, hostname)]);
    if (!answer) throw fail('domain-not-found');
    return answer;
  }
}
