import { Injectable } from '@nestjs/common';
import type { Transaction } from '../kernel/database/index.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import { reconcileEnvironments } from './environments.job-definitions.js';

/** Has what stands in namespaces looked at again, e.g. when a quota, a role or a policy changed. */
@Injectable()
export class NamespaceReconciler {
  constructor(private readonly outbox: Outbox) {}

  /** All namespaces of the platform, a tenant, a project, or one environment's; after the commit, by the worker. */
  async reconcile(
    tx: Transaction,
    where: { tenantId?: string; projectId?: string; environmentId?: string } = {},
  ): Promise<void> {
    await this.outbox.enqueue(tx, reconcileEnvironments, where);
  }
}
