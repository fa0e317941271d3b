import { Inject, Injectable } from '@nestjs/common';
import { eventIds, type PlacementScope } from '../applications/application-scopes.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, isUniqueViolation, type Prisma, type Transaction } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { DomainAnswers, type WholeDomain } from './domain-answers.service.js';
import { DomainNews, type DomainPlace } from './domain-news.service.js';
import { DomainVerification } from './domain-verification.service.js';
import type { DomainAnswer } from './domains.dto.js';
import { fail } from './domains.errors.js';
import { refuseHostname } from './domains.rules.js';

@Injectable()
export class DomainsService {
  constructor(
    private readonly database: Database,
    private readonly news: DomainNews,
    private readonly answers: DomainAnswers,
    private readonly verification: DomainVerification,
    private readonly quotas: QuotasService,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  async list(caller: TenantCaller, place: DomainPlace, query: PageQuery): Promise<Page<DomainAnswer>> {
    const scope = await this.news.getPlace(caller, place);
    const { where, orderBy, take } = keyset<Prisma.DomainWhereInput>(query, 'hostname');
    const hostname = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.domain.findMany({
      where: { AND: [where], placementId: scope.placement.id, hostname },
      orderBy,
      take,
      include: { certificate: true },
    });
    const { items, nextCursor } = toPage(
      rows,
      query.limit,
      (row) => [row.hostname, row.id],
      (row) => row,
    );
    return { items: await this.answers.toAnswers(scope, items), nextCursor };
  }

  async get(caller: TenantCaller, place: DomainPlace, hostname: string): Promise<DomainAnswer> {
    return this.answer(await this.news.getPlace(caller, place), hostname);
  }

  /** It begins pending unless it needs no proof: whoever proves it first has it, over the whole platform. */
  async add(caller: TenantCaller, place: DomainPlace, hostname: string, isDryRun = false): Promise<DomainAnswer> {
    const scope = await this.news.getPlace(caller, place);
    const refusal = refuseHostname(hostname, this.config.appsDomain);
    if (refusal)
      throw fail('hostname-refused', { detail: refusal.message, errors: [{ path: 'body.hostname', ...refusal }] });
    const detail = 'The application has this host name here already.';
    if (await this.news.find(scope, hostname)) throw fail('hostname-taken', { detail });
    await this.verification.requireFree(hostname);
    const begun = await this.verification.begin(scope.tenant.id, hostname);
    const id = newId();
    const data = { id, tenantId: scope.tenant.id, placementId: scope.placement.id, hostname, ...begun };
    let row: WholeDomain | undefined;
    const work = async (tx: Transaction) => {
      row = await tx.domain.create({ data, include: { certificate: true } });
      const { tenantId, projectId } = eventIds(scope);
      const charged = { tenantId, projectId, environmentId: scope.environment.id };
      await this.quotas.charge(tx, charged, { subject: `domains/${id}`, amounts: { domains: 1 } });
      await this.news.tell(tx, caller, scope, 'create', hostname, { state: begun.state });
    };
    const isRouted = begun.state === 'verified';
    try {
      if (isDryRun) {
        const plan = await this.news.plan(caller, scope, isRouted, work);
        return { ...(await this.toAnswer(scope, row)), plan };
      }
      await this.news.change(caller, scope, isRouted, work);
    } catch (error) {
      if (isUniqueViolation(error, 'hostname')) throw fail('hostname-taken');
      throw error;
    }
    return this.answer(scope, hostname);
  }

  async verify(
    caller: TenantCaller,
    place: DomainPlace,
    hostname: string,
    confirm: { readonly reason: string } | undefined,
  ): Promise<DomainAnswer> {
    const scope = await this.news.getPlace(caller, place);
    const row = await this.news.get(scope, hostname);
    if (confirm) await this.verification.confirm(caller, scope, row, confirm.reason);
    else await this.verification.verify(caller, scope, row);
    return this.answer(scope, hostname);
  }

  async remove(caller: TenantCaller, place: DomainPlace, hostname: string): Promise<void> {
    const scope = await this.news.getPlace(caller, place);
    const row = await this.news.get(scope, hostname);
    if (row.isDefault) throw fail('domain-is-default');
    await this.news.change(caller, scope, row.state === 'verified', async (tx) => {
      await tx.domain.deleteMany({ where: { id: row.id } });
      await this.quotas.discharge(tx, scope.tenant.id, `domains/${row.id}`);
      await this.news.tell(tx, caller, scope, 'delete', row.hostname);
    });
  }

  private async answer(scope: PlacementScope, hostname: string): Promise<DomainAnswer> {
    return this.toAnswer(scope, await this.news.get(scope, hostname));
  }

  private async toAnswer(scope: PlacementScope, row: WholeDomain | undefined): Promise<DomainAnswer> {
    const [answer] = await this.answers.toAnswers(scope, row ? [row] : []);
    if (!answer) throw fail('domain-not-found');
    return answer;
  }
}
