import { Injectable } from '@nestjs/common';
import { eventIds, type PlacementScope } from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Prisma, type Transaction } from '../kernel/database/index.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { readCertificate } from './certificates.rules.js';
import { DomainAnswers, type WholeDomain } from './domain-answers.service.js';
import { fail } from './domains.errors.js';
import { certificateContext } from './routed-domains.js';
import type { SeenCertificate } from './seen-certificates.rules.js';

/** A certificate as it is kept: a Secret that was named, or what was uploaded, its key sealed. */
interface KeptCertificate extends SeenCertificate {
  readonly secretName: string | null;
  readonly chain: string | null;
  readonly sealedKey: string | null;
}

/** Reads, seals and writes down what domains are served with. */
@Injectable()
export class CertificateKeeper {
  constructor(
    private readonly crypto: Crypto,
    private readonly answers: DomainAnswers,
    private readonly quotas: QuotasService,
    private readonly clock: Clock,
  ) {}

  /** Throws 422 `certificate-refused` with all that is wrong with it. */
  seal({ id, hostname }: WholeDomain, pem: { certificate: string; privateKey: string }): KeptCertificate {
    const read = readCertificate(pem, hostname, this.clock.now());
    if ('errors' in read) {
      const detail = read.errors.map(({ message }) => message).join(' ');
      throw fail('certificate-refused', { detail, errors: read.errors });
    }
    const { facts, notAfter, chain, key } = read;
    const sealedKey = this.crypto.seal(key, certificateContext(id));
    return { secretName: null, facts, notAfter, problem: null, chain, sealedKey };
  }

  async name(scope: PlacementScope, { hostname }: WholeDomain, secretName: string): Promise<KeptCertificate> {
    const seen = await this.answers.see(scope, secretName, hostname);
    const unseen = { facts: null, notAfter: null, problem: null };
    return { ...(seen ?? unseen), secretName, chain: null, sealedKey: null };
  }

  /** Throws 422 `certificate-limit` where another host name of the place would be one too many. */
  async requireRoom(tx: Transaction, { placement }: PlacementScope, row: WholeDomain, most: number): Promise<void> {
    const others = { domain: { placementId: placement.id }, domainId: { not: row.id } };
    if ((await tx.domainCertificate.count({ where: others })) >= most)
      throw fail('certificate-limit', `It has ${most} host names with certificates here.`);
  }

  async save(tx: Transaction, scope: PlacementScope, row: WholeDomain, kept: KeptCertificate): Promise<void> {
    const data = { ...kept, ...toColumns(kept), lookedAt: this.clock.now() };
    const create = { ...data, domainId: row.id, tenantId: row.tenantId };
    await tx.domainCertificate.upsert({ where: { domainId: row.id }, create, update: data });
    await this.charge(tx, scope, row, { secrets: kept.sealedKey === null ? 0 : 1, listeners: 1 });
  }

  async drop(tx: Transaction, scope: PlacementScope, row: WholeDomain): Promise<void> {
    await tx.domainCertificate.deleteMany({ where: { domainId: row.id } });
    await this.charge(tx, scope, row, { secrets: 0, listeners: 0 });
  }

  /** The Secret and the ListenerSet are the platform's and no tenant's, but the namespace must have room for them. */
  private async charge(
    tx: Transaction,
    scope: PlacementScope,
    { id, isDefault }: WholeDomain,
    { secrets, listeners }: { readonly secrets: number; readonly listeners: number },
  ): Promise<void> {
    const { tenantId, projectId } = eventIds(scope);
    const place = { tenantId, projectId, environmentId: scope.environment.id };
    const amounts: Record<string, number> = isDefault ? {} : { domains: 1 };
    const surge = { 'count/secrets': secrets, 'count/listenersets.gateway.networking.k8s.io': listeners };
    await this.quotas.charge(tx, place, { subject: `domains/${id}`, amounts, surge });
  }
}

/** Null as a column of JSON is written in a way of its own. */
export const toColumns = ({ facts, problem }: Pick<SeenCertificate, 'facts' | 'problem'>) => ({
  facts: facts ?? Prisma.DbNull,
  problem: problem ?? Prisma.DbNull,
});
