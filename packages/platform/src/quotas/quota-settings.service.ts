import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { NamespaceReconciler } from '../environments/namespace-reconciler.service.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { type QuotaScope, QuotaViews } from './quota-views.service.js';
import type { PutQuota, QuotaAnswer } from './quotas.dto.js';
import { QuotasService } from './quotas.service.js';

/** Carries what a dry run found out of the transaction that must not stay. */
class DryRun extends Error {
  constructor(readonly answer: QuotaAnswer) {
    super('dry run');
  }
}

/** Changes of limits that people ask for. */
@Injectable()
export class QuotaSettings {
  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasService,
    private readonly views: QuotaViews,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly reconciler: NamespaceReconciler,
  ) {}

  /** Makes the body all limits of the scope. A dry run does the same, and takes it back. */
  async put(caller: TenantCaller, scope: QuotaScope, body: PutQuota, isDryRun: boolean): Promise<QuotaAnswer> {
    try {
      return await this.database.transaction(async (tx) => {
        const answer = await this.change(tx, caller, scope, body);
        if (isDryRun) throw new DryRun(answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.answer;
      throw error;
    }
  }

  private async change(tx: Transaction, caller: TenantCaller, scope: QuotaScope, body: PutQuota): Promise<QuotaAnswer> {
    await this.quotas.lock(tx, scope.tenantId);
    const before = await this.views.get(scope, tx);
    requireVersion(caller, before);
    this.quotas.requireAmounts(body.limits, 'body.limits');
    const named = this.quotas.canonical(body.limits);
    const gone = before.items.filter(({ resource, limit }) => limit !== null && !(resource in named));
    const limits = { ...Object.fromEntries(gone.map(({ resource }) => [resource, null])), ...named };
    await this.quotas.setLimits(tx, scope, limits, { overcommitPercent: body.overcommitPercent });
    const after = await this.views.get(scope, tx);
    const of = (answer: QuotaAnswer, name: string) => answer.items.find(({ resource }) => resource === name);
    const changes = [...new Set([...before.items, ...after.items].map(({ resource }) => resource))]
      .map((resource) => ({
        resource,
        before: of(before, resource)?.limit ?? null,
        after: of(after, resource)?.limit ?? null,
        used: of(after, resource)?.used ?? '0',
        isOver: of(after, resource)?.isOver ?? false,
      }))
      .filter((change) => change.before !== change.after);
    await this.audit.record(tx, caller, {
      action: 'quota.update',
      resource: `${scope.path}/quota`,
      tenant: caller.tenant,
      projectId: scope.projectId,
      before: Object.fromEntries(changes.map((change) => [change.resource, change.before])),
      after: Object.fromEntries(changes.map((change) => [change.resource, change.after])),
    });
    const resource = `${scope.path.split('/').slice(2).join('/')}/quota`.replace(/^\//, '');
    const ids = { tenantId: scope.tenantId, projectId: scope.projectId };
    await this.events.record(tx, { ...ids, type: 'quota.updated', resource });
    await this.reconciler.reconcile(tx, { tenantId: scope.tenantId });
    return { ...after, changes };
  }
}
