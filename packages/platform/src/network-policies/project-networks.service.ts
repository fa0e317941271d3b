import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { NamespaceReconciler } from '../environments/namespace-reconciler.service.js';
import type { Reader, Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { NetworkPoliciesRepository, toMode } from './network-policies.repository.js';
import type { Mode } from './network-policies.rules.js';

export { type Mode, modes } from './network-policies.rules.js';

/** How far one project's namespaces reach. */
@Injectable()
export class ProjectNetworks {
  constructor(
    private readonly networks: NetworkPoliciesRepository,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly reconciler: NamespaceReconciler,
  ) {}

  /** The project's own mode; null where its tenant decides. */
  async modeOf(reader: Reader, tenantId: string, projectId: string): Promise<Mode | null> {
    const row = (await this.networks.listOf(tenantId, reader)).find((one) => one.id === projectId);
    return toMode(row?.mode) ?? null;
  }

  /** Inside the caller's transaction; null gives the say back to the tenant. */
  async set(
    tx: Transaction,
    caller: TenantCaller,
    project: { readonly id: string; readonly name: string },
    mode: Mode | null,
  ): Promise<void> {
    const { id: tenantId, name } = caller.tenant;
    const row = (await this.networks.listOf(tenantId, tx)).find((one) => one.id === project.id);
    requireVersion(caller, row ?? { version: 0 });
    await this.networks.put(tx, { id: project.id, tenantId, projectId: project.id }, { mode });
    const resource = `projects/${project.name}/network`;
    await this.audit.record(tx, caller, {
      action: 'network.update',
      resource: `tenants/${name}/${resource}`,
      tenant: caller.tenant,
      before: { mode: row?.mode ?? null },
      after: { mode },
    });
    await this.events.record(tx, { tenantId, projectId: project.id, type: 'network.updated', resource });
    await this.reconciler.reconcile(tx, { tenantId, projectId: project.id });
  }
}
