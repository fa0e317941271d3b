import { Inject, Injectable } from '@nestjs/common';
import { defaultHostname, distinctHostname, listHostnames } from '../domains/hostnames.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import {
  type ApplicationModel,
  Database,
  type EnvironmentModel,
  type PlacementModel,
  type Reader,
  type Transaction,
} from '../kernel/database/index.js';
import { isId, newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import { fail } from './applications.errors.js';

export * from './applications.codec.js';
export * from './applications.rules.js';
export * from './hook-objects.rules.js';
export * from './kube-objects.rules.js';
export * from './merge-patch.rules.js';
export { secureContainer, securePod } from './pod-parts.rules.js';
export * from './status.rules.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** An application with the names that lead to it. */
export interface ApplicationScope {
  readonly tenant: Named;
  readonly project: Named;
  readonly application: ApplicationModel;
}

/** An application in one environment. */
export interface PlacementScope extends ApplicationScope {
  readonly environment: EnvironmentModel;
  readonly placement: PlacementModel;
}

/** The path under /api/v1, for audit and operations; and under the tenant, for events. */
export const pathOf = (scope: ApplicationScope): string => `tenants/${scope.tenant.name}/${eventPathOf(scope)}`;
export const eventPathOf = (scope: ApplicationScope): string =>
  `projects/${scope.project.name}/applications/${scope.application.name}`;
/** What every event of an application carries. */
export const eventIds = (scope: ApplicationScope) => ({
  tenantId: scope.tenant.id,
  projectId: scope.project.id,
  applicationId: scope.application.id,
});

const byNameOrId = (text: string): { id: string } | { name: string } => (isId(text) ? { id: text } : { name: text });

/** Leads from the names in a path to rows of the tenant; everything else is the same 404. */
@Injectable()
export class ApplicationScopes {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  async getProject(tenantId: string, project: string): Promise<Named> {
    const row = await this.database.read.project.findFirst({ where: { tenantId, ...byNameOrId(project) } });
    if (!row) throw fail('project-not-found-for-application');
    return row;
  }

  async getApplication(tenant: Named, project: string, application: string): Promise<ApplicationScope> {
    const scope = await this.findApplication(tenant, project, application);
    if (!scope) throw fail('application-not-found');
    return scope;
  }

  async findApplication(tenant: Named, project: string, application: string): Promise<ApplicationScope | undefined> {
    const row = await this.database.read.application.findFirst({
      where: { tenantId: tenant.id, ...byNameOrId(application), project: byNameOrId(project) },
      include: { project: true },
    });
    return row ? { tenant: { id: tenant.id, name: tenant.name }, project: row.project, application: row } : undefined;
  }

  /** The same from an id, for jobs. Undefined when it is gone. */
  async findById(applicationId: string): Promise<ApplicationScope | undefined> {
    const row = await this.database.read.application.findUnique({
      where: { id: applicationId },
      include: { project: { include: { tenant: true } } },
    });
    return row ? { tenant: row.project.tenant, project: row.project, application: row } : undefined;
  }

  async getEnvironment(scope: ApplicationScope, environment: string, reader: Reader = this.database.read) {
    const row = await reader.environment.findFirst({
      where: { projectId: scope.project.id, ...byNameOrId(environment) },
    });
    if (!row) throw fail('environment-not-found-for-application');
    return row;
  }

  /** The application in an environment; begins it there, with its default host, when it never was. */
  async getPlacement(scope: ApplicationScope, environment: string): Promise<PlacementScope> {
    const found = await this.getEnvironment(scope, environment);
    const key = { applicationId_environmentId: { applicationId: scope.application.id, environmentId: found.id } };
    const existing = await this.database.read.placement.findUnique({ where: key });
    if (existing) return { ...scope, environment: found, placement: existing };
    try {
      const placement = await this.database.transaction((tx) => this.createPlacement(tx, scope, found));
      return { ...scope, environment: found, placement };
    } catch (error) {
      const other = await this.database.read.placement.findUnique({ where: key });
      if (!other) throw error;
      return { ...scope, environment: found, placement: other };
    }
  }

  async createPlacement(
    tx: Transaction,
    scope: ApplicationScope,
    environment: EnvironmentModel,
  ): Promise<PlacementModel> {
    const tenantId = scope.tenant.id;
    const ids = { applicationId: scope.application.id, environmentId: environment.id };
    const placement = await tx.placement.create({ data: { id: newId(), tenantId, ...ids } });
    const hostname = defaultHostname({
      tenant: scope.tenant.name,
      project: scope.project.name,
      environment: environment.name,
      application: scope.application.name,
      appsDomain: this.config.appsDomain,
    });
    await this.giveHostname(tx, placement, hostname);
    await this.noteHostnames(tx, tenantId, [environment.id]);
    return placement;
  }

  /**
   * Names with dashes may meet ("a-b" in "c", "a" in "b-c"), also those of two tenants: the later one carries a part of its
   * id. The index decides, which knows every tenant's, and waits for whoever is about to take the name.
   */
  private async giveHostname(tx: Transaction, { id, tenantId, createdAt }: PlacementModel, usual: string) {
    const given = { isDefault: true, state: 'verified', proof: 'platform', verifiedAt: new Date(createdAt) };
    for (const hostname of [usual, ...[6, 12].map((size) => distinctHostname(usual, id, size))]) {
      const data = { id: newId(), tenantId, placementId: id, hostname, ...given };
      const { count } = await tx.domain.createMany({ data, skipDuplicates: true });
      if (count > 0) return;
    }
    throw new Error(`No default host name like ${usual} is free.`);
  }

  /** After the commit the namespaces say which host names may be routed there: for whoever adds some or takes them away. */
  async noteHostnames(tx: Transaction, tenantId: string, environmentIds: readonly string[]): Promise<void> {
    for (const environmentId of environmentIds)
      await this.outbox.enqueue(tx, listHostnames, { environmentId }, { tenantId });
  }

  /** The next number of a build or release; taken in the transaction that uses it, so there are no gaps. */
  async nextNumber(tx: Transaction, applicationId: string, of: 'buildCount' | 'releaseCount'): Promise<number> {
    const row = await tx.application.update({ where: { id: applicationId }, data: { [of]: { increment: 1 } } });
    return row[of];
  }
}
