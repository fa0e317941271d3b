import { Injectable } from '@nestjs/common';
import type { Transaction } from '../kernel/database/index.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import { deleteProject } from './projects.jobs.js';

/** Begins the deletion of a project that is marked already. */
@Injectable()
export class ProjectDeletion {
  constructor(
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
  ) {}

  /** Gives the operation's id. */
  async start(tx: Transaction, caller: TenantCaller, project: { id: string; name: string }): Promise<string> {
    const { id: tenantId, name: tenant } = caller.tenant;
    const subject = `tenants/${tenant}/projects/${project.name}`;
    const steps = ['namespaces', 'images', 'files', 'records'];
    const operation = await this.operations.start(tx, caller, { kind: deleteProject.name, subject, tenantId, steps });
    const payload = { tenantId, tenant, projectId: project.id, project: project.name, operation };
    await this.outbox.enqueue(tx, deleteProject, payload);
    return operation;
  }
}
