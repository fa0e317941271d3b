import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { EnvironmentModel, Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import type { CreateEnvironment } from './environments.dto.js';
import { deleteEnvironment, type EnvironmentJob, provisionEnvironment } from './environments.job-definitions.js';
import { EnvironmentsRepository } from './environments.repository.js';
import { toDistinctNamespaceName, toNamespaceName } from './environments.rules.js';
import { NamespaceParts } from './namespace-parts.service.js';

interface Project {
  readonly id: string;
  readonly name: string;
}

/** Begins and ends environments inside the transaction of whoever asks: a new project makes one, too. */
@Injectable()
export class EnvironmentProvisioner {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly parts: NamespaceParts,
    private readonly quotas: QuotasService,
  ) {}

  /** The caller holds the project's lock, or has just made it. */
  async create(tx: Transaction, caller: TenantCaller, project: Project, body: CreateEnvironment) {
    const { tenant } = caller;
    const usual = toNamespaceName(tenant.name, project.name, body.name);
    const namespace = (await this.environments.isNamespaceTaken(tx, usual))
      ? toDistinctNamespaceName(tenant.name, project.name, body.name)
      : usual;
    const keys = { id: newId(), tenantId: tenant.id, projectId: project.id };
    const row = await this.environments.create(tx, { ...keys, ...body, namespace });
    const operation = await this.begin(tx, caller, project, row, provisionEnvironment, this.parts.steps());
    const claim = { subject: `environments/${row.id}`, amounts: { environments: 1 } };
    await this.quotas.charge(tx, { tenantId: tenant.id, projectId: project.id }, claim);
    await this.note(tx, caller, project, row, 'create', { after: body });
    return { row, operation };
  }

  /** Marks the environment and has the worker delete it; an adopted one's namespace `withNamespace` only. Gives the row and the operation's id. */
  async delete(
    tx: Transaction,
    caller: TenantCaller,
    project: Project,
    environment: EnvironmentModel,
    withNamespace = false,
  ) {
    const row = await this.environments.update(tx, environment.id, { state: 'deleting' });
    const steps = ['namespace', 'records'];
    const operation = await this.begin(tx, caller, project, row, deleteEnvironment, steps, withNamespace);
    await this.note(tx, caller, project, row, 'delete', row.isAdopted ? { after: { withNamespace } } : {});
    return { row, operation };
  }

  private async begin(
    tx: Transaction,
    caller: TenantCaller,
    project: Project,
    row: EnvironmentModel,
    job: typeof provisionEnvironment,
    steps: readonly string[],
    withNamespace = false,
  ): Promise<string> {
    const { id: tenantId, name: tenant } = caller.tenant;
    const subject = `tenants/${tenant}/projects/${project.name}/environments/${row.name}`;
    const operation = await this.operations.start(tx, caller, { kind: job.name, subject, tenantId, steps });
    const payload: EnvironmentJob = {
      tenantId,
      tenant,
      projectId: project.id,
      project: project.name,
      environmentId: row.id,
      environment: row.name,
      operation,
      ...(withNamespace && { withNamespace }),
    };
    await this.outbox.enqueue(tx, job, payload);
    return operation;
  }

  private async note(
    tx: Transaction,
    caller: TenantCaller,
    project: Project,
    row: EnvironmentModel,
    verb: 'create' | 'delete',
    change: { after?: object },
  ): Promise<void> {
    const { tenant } = caller;
    const resource = `projects/${project.name}/environments/${row.name}`;
    const entry = { action: `environment.${verb}`, resource: `tenants/${tenant.name}/${resource}`, tenant };
    await this.audit.record(tx, caller, { ...entry, ...change });
    const type = verb === 'create' ? 'environment.created' : 'environment.updated';
    await this.events.record(tx, { tenantId: tenant.id, projectId: project.id, type, resource });
  }
}
