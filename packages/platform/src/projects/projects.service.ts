import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { BlueprintProjects } from '../blueprints/blueprint-projects.service.js';
import { BlueprintsService } from '../blueprints/blueprints.service.js';
import { withinProjects } from '../kernel/access/policy.js';
import { Database, isUniqueViolation, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { requireChangeable, type TenantState } from '../kernel/tenancy/tenant-state.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { ProjectDeletion } from './projects.deletion.js';
import { type CreateProject, type ProjectAnswer, toProjectAnswer, type UpdateProject } from './projects.dto.js';
import { fail } from './projects.errors.js';
import { type ProjectRow, ProjectsRepository } from './projects.repository.js';

@Injectable()
export class ProjectsService {
  constructor(
    private readonly projects: ProjectsRepository,
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly blueprints: BlueprintsService,
    private readonly filling: BlueprintProjects,
    private readonly deletion: ProjectDeletion,
    private readonly quotas: QuotasService,
  ) {}

  async list(caller: TenantCaller, query: PageQuery): Promise<Page<ProjectAnswer>> {
    const { actor, tenant } = caller;
    const rows = await this.projects.list(tenant.id, withinProjects(actor, tenant, 'projects:read'), query);
    return toPage(rows, query.limit, (row) => [row.name, row.id], toProjectAnswer);
  }

  async get(caller: TenantCaller, project: string): Promise<ProjectAnswer> {
    return toProjectAnswer(await this.getRow(caller, project));
  }

  /** The project's row by name or id, for other features. Throws 404. */
  async getRow(caller: TenantCaller, project: string): Promise<ProjectRow> {
    const row = await this.projects.find(caller.tenant.id, project);
    if (!row) throw fail('project-not-found');
    return row;
  }

  /** The project's row, locked, for a change of what it holds. Throws 404, and 409 while it is being deleted. */
  async getRowForChange(tx: Transaction, caller: TenantCaller, project: string): Promise<ProjectRow> {
    const { id } = await this.getRow(caller, project);
    const row = await this.projects.findLocked(tx, caller.tenant.id, id);
    if (!row) throw fail('project-not-found');
    if (row.state === 'deleting') throw fail('project-being-deleted');
    return row;
  }

  /** With the environments of its blueprint. `allowedIn`: also in a tenant that is being set up. */
  async create(
    caller: TenantCaller,
    body: CreateProject,
    allowedIn: readonly TenantState[] = [],
  ): Promise<ProjectAnswer> {
    const { tenant } = caller;
    const {
      id: blueprintId,
      name: blueprint,
      version,
      content,
    } = await this.blueprints.resolve(tenant, body.blueprint);
    const project = { id: newId(), name: body.name };
    const create = this.database.transaction(async (tx) => {
      requireChangeable({ state: (await this.projects.lockTenantState(tx, tenant.id)) ?? 'deleting' }, allowedIn);
      const row = await this.projects.create(tx, {
        ...project,
        tenantId: tenant.id,
        displayName: body.displayName ?? body.name,
        blueprint,
        blueprintId,
        blueprintVersion: version,
      });
      await this.filling.fill(tx, caller, row, content);
      const claim = { subject: `projects/${row.id}`, amounts: { projects: 1 } };
      await this.quotas.charge(tx, { tenantId: tenant.id }, claim);
      await this.note(tx, caller, row, 'create', { after: body });
      return toProjectAnswer({ ...row, _count: { environments: content.environments.length } });
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('project-name-taken') : error;
    });
  }

  async update(caller: TenantCaller, project: string, body: UpdateProject): Promise<ProjectAnswer> {
    return this.database.transaction(async (tx) => {
      const before = await this.getRowForChange(tx, caller, project);
      requireVersion(caller, before);
      if (body.displayName === undefined || body.displayName === before.displayName) return toProjectAnswer(before);
      const after = await this.projects.update(tx, caller.tenant.id, before.id, body);
      await this.note(tx, caller, after, 'update', { before: { displayName: before.displayName }, after: body });
      return toProjectAnswer(after);
    });
  }

  /** Marks the project and has the worker delete all it has. */
  async delete(caller: TenantCaller, project: string): Promise<ProjectAnswer & { operation: string }> {
    return this.database.transaction(async (tx) => {
      const before = await this.getRowForChange(tx, caller, project);
      requireVersion(caller, before);
      const after = await this.projects.update(tx, caller.tenant.id, before.id, { state: 'deleting' });
      const operation = await this.deletion.start(tx, caller, after);
      await this.note(tx, caller, after, 'delete', {});
      return { ...toProjectAnswer(after), operation };
    });
  }

  private async note(
    tx: Transaction,
    caller: TenantCaller,
    row: { id: string; name: string },
    verb: 'create' | 'update' | 'delete',
    change: { before?: object; after?: object },
  ): Promise<void> {
    const { tenant } = caller;
    const resource = `projects/${row.name}`;
    const entry = { action: `project.${verb}`, resource: `tenants/${tenant.name}/${resource}`, tenant };
    await this.audit.record(tx, caller, { ...entry, ...change });
    const type = verb === 'create' ? 'project.created' : 'project.updated';
    await this.events.record(tx, { tenantId: tenant.id, projectId: row.id, type, resource });
  }
}
