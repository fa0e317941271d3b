import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { domainUrl } from '../domains/hostnames.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, isUniqueViolation } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { Outgoing } from '../kernel/http/outgoing.js';
import { type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { QuotasService } from '../quotas/quotas.service.js';
import {
  type ApplicationScope,
  ApplicationScopes,
  eventIds,
  eventPathOf,
  pathOf,
} from './application-scopes.service.js';
import { readBuild, readHooks, readProcesses, readSource, toColumn } from './applications.codec.js';
import type { ApplicationAnswer, CreateApplication, UpdateApplication } from './applications.dto.js';
import { applicationSchema } from './applications.dto.js';
import { fail } from './applications.errors.js';
import { removeApplication } from './applications.job-definitions.js';
import { getWholeApplication, listApplications, type WholeApplication } from './applications.repository.js';
import { changeHooks, defaultBuild } from './applications.rules.js';
import { mergePatch } from './merge-patch.rules.js';
import { stateOf } from './status.rules.js';

@Injectable()
export class ApplicationsService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly outbox: Outbox,
    @Inject(CONFIG) private readonly config: Configuration,
    private readonly quotas: QuotasService,
    private readonly outgoing: Outgoing,
  ) {}

  async list(caller: TenantCaller, project: string, query: PageQuery): Promise<Page<ApplicationAnswer>> {
    const { id } = await this.scopes.getProject(caller.tenant.id, project);
    const rows = await listApplications(this.database.read, caller.tenant.id, id, query);
    return toPage(
      rows,
      query.limit,
      (row) => [row.name, row.id],
      (row) => this.toAnswer(caller.tenant.name, row),
    );
  }

  async get(caller: TenantCaller, project: string, name: string): Promise<ApplicationAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, name);
    return this.answer(scope);
  }

  async create(caller: TenantCaller, projectName: string, body: CreateApplication): Promise<ApplicationAnswer> {
    const project = await this.scopes.getProject(caller.tenant.id, projectName);
    if (body.source.type === 'git') await this.outgoing.refuseForbidden(body.source.url);
    const data = {
      id: newId(),
      tenantId: caller.tenant.id,
      projectId: project.id,
      name: body.name,
      displayName: body.displayName ?? body.name,
      source: toColumn(body.source),
      build: toColumn(body.build ?? defaultBuild),
      processes: toColumn(body.processes ?? { web: {} }),
      hooks: toColumn(changeHooks({}, body.hooks)),
    };
    try {
      const scope = await this.database.transaction(async (tx) => {
        const application = await tx.application.create({ data });
        const created: ApplicationScope = { tenant: caller.tenant, project, application };
        const environments = await tx.environment.findMany({ where: { projectId: project.id } });
        for (const environment of environments) await this.scopes.createPlacement(tx, created, environment);
        const claim = { subject: `applications/${application.id}`, amounts: { applications: 1 } };
        await this.quotas.charge(tx, { tenantId: caller.tenant.id, projectId: project.id }, claim);
        await this.audit.record(tx, caller, {
          action: 'application.create',
          resource: pathOf(created),
          tenant: caller.tenant,
          after: body,
        });
        await this.events.record(tx, {
          ...eventIds(created),
          type: 'application.created',
          resource: eventPathOf(created),
        });
        return created;
      });
      return this.answer(scope);
    } catch (error) {
      if (isUniqueViolation(error, 'name')) throw fail('application-name-taken');
      throw error;
    }
  }

  async update(
    caller: TenantCaller,
    project: string,
    name: string,
    body: UpdateApplication,
  ): Promise<ApplicationAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, name);
    if (body.source?.type === 'git') await this.outgoing.refuseForbidden(body.source.url);
    await this.database.transaction(async (tx) => {
      const row = await tx.application.findUniqueOrThrow({ where: { id: scope.application.id } });
      requireVersion(caller, row);
      if (row.state === 'deleting') throw fail('application-deleting');
      const processes = mergePatch(readProcesses(row.processes), body.processes ?? {});
      if (Object.keys(processes).length === 0) throw fail('application-without-process');
      const data = {
        displayName: body.displayName,
        source: body.source ? toColumn(body.source) : undefined,
        build: toColumn({ ...readBuild(row.build), ...body.build }),
        processes: toColumn(processes),
        hooks: toColumn(changeHooks(readHooks(row.hooks), body.hooks)),
        version: { increment: 1 },
      };
      await tx.application.update({ where: { id: row.id }, data });
      const before = {
        displayName: row.displayName,
        source: row.source,
        build: row.build,
        processes: row.processes,
        hooks: row.hooks,
      };
      await this.audit.record(tx, caller, {
        action: 'application.update',
        resource: pathOf(scope),
        tenant: caller.tenant,
        before,
        after: body,
      });
      await this.events.record(tx, { ...eventIds(scope), type: 'application.updated', resource: eventPathOf(scope) });
    });
    return this.answer(scope);
  }

  /** What runs of it is stopped by the worker; its name is free when that is done. */
  async delete(caller: TenantCaller, project: string, name: string): Promise<void> {
    const scope = await this.scopes.getApplication(caller.tenant, project, name);
    await this.database.transaction(async (tx) => {
      const row = await tx.application.findUniqueOrThrow({ where: { id: scope.application.id } });
      requireVersion(caller, row);
      if (row.state === 'deleting') return;
      await tx.application.update({ where: { id: row.id }, data: { state: 'deleting', version: { increment: 1 } } });
      await this.audit.record(tx, caller, {
        action: 'application.delete',
        resource: pathOf(scope),
        tenant: caller.tenant,
      });
      await this.events.record(tx, { ...eventIds(scope), type: 'application.updated', resource: eventPathOf(scope) });
      await this.outbox.enqueue(tx, removeApplication, { applicationId: row.id });
    });
  }

  private async answer(scope: ApplicationScope): Promise<ApplicationAnswer> {
    const row = await getWholeApplication(this.database.read, scope.tenant.id, scope.application.id);
    return this.toAnswer(scope.tenant.name, row);
  }

  private toAnswer(tenant: string, row: WholeApplication): ApplicationAnswer {
    return applicationSchema.parse({
      id: row.id,
      name: row.name,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
      version: row.version,
      displayName: row.displayName,
      state: row.state,
      source: readSource(row.source),
      build: readBuild(row.build),
      processes: readProcesses(row.processes),
      hooks: readHooks(row.hooks),
      gitUrl: `${this.config.apiUrl}/git/${tenant}/${row.project.name}/${row.name}.git`,
      environments: row.project.environments.map((environment) => {
        const placement = row.placements.find((candidate) => candidate.environmentId === environment.id);
        const rollout = row.rollouts.find((candidate) => candidate.environmentId === environment.id);
        const domain = placement?.domains[0];
        return {
          name: environment.name,
          state: stateOf(rollout?.state, placement?.release != null),
          release: placement?.release?.number ?? null,
          url: placement?.release && domain ? domainUrl(domain, this.config) : null,
        };
      }),
    });
  }
}
