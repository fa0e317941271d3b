import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { EnvironmentsService } from '../environments/environments.service.js';
import { Database, type EnvironmentModel } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type ChangeEnvironmentDriftPolicy,
  type EnvironmentDriftPolicy,
  environmentDriftPolicySchema,
} from './drift.dto.js';

/** What is done about drift in an environment, where an application has no word of its own. */
@Injectable()
export class EnvironmentDriftPolicies {
  constructor(
    private readonly database: Database,
    private readonly environments: EnvironmentsService,
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  async get(caller: TenantCaller, project: string, environment: string): Promise<EnvironmentDriftPolicy> {
    return toAnswer(await this.environments.getRow(caller, project, environment));
  }

  async change(
    caller: TenantCaller,
    project: string,
    environment: string,
    { policy }: ChangeEnvironmentDriftPolicy,
  ): Promise<EnvironmentDriftPolicy> {
    const { id } = await this.environments.getRow(caller, project, environment);
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM environments WHERE id = ${id}::uuid FOR UPDATE`;
      const row = await tx.environment.findUniqueOrThrow({ where: { id }, include: { project: true } });
      requireVersion(caller, row);
      const data = { driftPolicy: policy, version: { increment: 1 } };
      const changed = await tx.environment.update({ where: { id }, data });
      const resource = `projects/${row.project.name}/environments/${row.name}/drift-policy`;
      const { tenant } = caller;
      await this.audit.record(tx, caller, {
        action: 'environment.set-drift-policy',
        resource: `tenants/${tenant.name}/${resource}`,
        tenant,
        projectId: row.projectId,
        before: { policy: row.driftPolicy },
        after: { policy },
      });
      const event = { tenantId: tenant.id, projectId: row.projectId, type: 'environment.updated', resource };
      await this.events.record(tx, { ...event, data: { policy } });
      return toAnswer(changed);
    });
  }
}

const toAnswer = ({ version, driftPolicy }: EnvironmentModel): EnvironmentDriftPolicy =>
  environmentDriftPolicySchema.parse({ version, policy: driftPolicy });
