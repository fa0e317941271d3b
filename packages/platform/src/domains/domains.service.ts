import { Inject, Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  eventIds,
  eventPathOf,
  type PlacementScope,
  pathOf,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import {
  Database,
  type DomainModel,
  isUniqueViolation,
  type Prisma,
  type Transaction,
} from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { RolloutsService } from '../rollouts/rollouts.service.js';
import type { DomainAnswer } from './domains.dto.js';
import { fail } from './domains.errors.js';
import { hostUrl, refuseHostname } from './domains.rules.js';

@Injectable()
export class DomainsService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly rollouts: RolloutsService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Configuration,
    private readonly quotas: QuotasService,
  ) {}

  async list(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    query: PageQuery,
  ): Promise<Page<DomainAnswer>> {
    const scope = await this.place(caller, project, application, environment);
    const { where, orderBy, take } = keyset<Prisma.DomainWhereInput>(query, 'hostname');
    const hostname = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.domain.findMany({
      where: { AND: [where], placementId: scope.placement.id, hostname },
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.hostname, row.id],
      (row) => this.toAnswer(row),
    );
  }

  /** Unique over the whole platform; it leads here as soon as the rollout that carries it is through. */
  async add(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    hostname: string,
  ): Promise<DomainAnswer> {
    const scope = await this.place(caller, project, application, environment);
    const refusal = refuseHostname(hostname, this.config.appsDomain);
    if (refusal)
      throw fail('hostname-refused', { detail: refusal.message, errors: [{ path: 'body.hostname', ...refusal }] });
    const id = newId();
    try {
      await this.rollouts.reapply(caller, scope, async (tx) => {
        await tx.domain.create({ data: { id, tenantId: scope.tenant.id, placementId: scope.placement.id, hostname } });
        const { tenantId, projectId } = eventIds(scope);
        const place = { tenantId, projectId, environmentId: scope.environment.id };
        await this.quotas.charge(tx, place, { subject: `domains/${id}`, amounts: { domains: 1 } });
        await this.tell(tx, caller, scope, 'create', hostname);
      });
    } catch (error) {
      if (isUniqueViolation(error, 'hostname')) throw fail('hostname-taken');
      throw error;
    }
    return this.toAnswer(await this.database.read.domain.findUniqueOrThrow({ where: { id } }));
  }

  async remove(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    hostname: string,
  ): Promise<void> {
    const scope = await this.place(caller, project, application, environment);
    const row = await this.database.read.domain.findFirst({
      where: { placementId: scope.placement.id, hostname: hostname.toLowerCase() },
    });
    if (!row) throw fail('domain-not-found');
    if (row.isDefault) throw fail('domain-is-default');
    await this.rollouts.reapply(caller, scope, async (tx) => {
      await tx.domain.deleteMany({ where: { id: row.id } });
      await this.quotas.discharge(tx, scope.tenant.id, `domains/${row.id}`);
      await this.tell(tx, caller, scope, 'delete', row.hostname);
    });
  }

  private async place(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
  ): Promise<PlacementScope> {
    return this.scopes.getPlacement(await this.scopes.getApplication(caller.tenant, project, application), environment);
  }

  private async tell(
    tx: Transaction,
    caller: TenantCaller,
    scope: PlacementScope,
    verb: 'create' | 'delete',
    hostname: string,
  ) {
    const resource = `environments/${scope.environment.name}/domains/${hostname}`;
    await this.audit.record(tx, caller, {
      action: `domain.${verb}`,
      resource: `${pathOf(scope)}/${resource}`,
      tenant: scope.tenant,
    });
    await this.rollouts.announce(tx, {
      ...eventIds(scope),
      type: `domain.${verb}d`,
      resource: `${eventPathOf(scope)}/${resource}`,
    });
  }

  private toAnswer(row: DomainModel): DomainAnswer {
    return {
      id: row.id,
      name: row.hostname,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
      version: row.version,
      hostname: row.hostname,
      isDefault: row.isDefault,
      url: hostUrl(row.hostname, this.config.gatewayPort),
    };
  }
}
