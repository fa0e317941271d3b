import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { embeddedCluster } from '../clusters/clusters.service.js';
import { Prisma, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { applyPolicies } from './policies.job-definitions.js';

type Owner = { readonly id: string; readonly name: string } | null;

/** Tells of a report: the audit log, those who look on, and the clusters whose policies it may change. */
@Injectable()
export class ReportNews {
  constructor(
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly outbox: Outbox,
  ) {}

  async tell(tx: Transaction, caller: Caller, owner: Owner, digest: string, counts: unknown): Promise<void> {
    await this.audit.record(tx, caller, {
      action: 'image-report.create',
      resource: `${owner ? `tenants/${owner.name}/` : ''}image-reports/${digest}`,
      tenant: owner ?? undefined,
      after: { digest, counts },
    });
    if (owner) {
      await this.events.record(tx, {
        tenantId: owner.id,
        type: 'image-report.created',
        resource: `image-reports/${digest}`,
      });
    }
    const asked = await tx.imagePolicy.count({ where: { vulnerabilities: { not: Prisma.DbNull } } });
    if (asked > 0) await this.outbox.enqueue(tx, applyPolicies, { cluster: embeddedCluster });
  }
}
