import { Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  eventIds,
  eventPathOf,
  pathOf,
  toColumn,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Database, type PlacementModel } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { readStrategy } from './rollouts.codec.js';
import { type ChangeStrategy, type PlacementStrategy, placementStrategySchema } from './strategy.dto.js';
import { warnOfStrategy } from './strategy-warnings.rules.js';

/** How releases of an application are rolled out to an environment, unless a rollout says otherwise. */
@Injectable()
export class StrategyService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  async get(caller: TenantCaller, project: string, application: string, environment: string) {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    return toAnswer((await this.scopes.getPlacement(scope, environment)).placement);
  }

  /** Counts from the next rollout on. */
  async change(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    { strategy }: ChangeStrategy,
  ): Promise<PlacementStrategy> {
    const found = await this.scopes.getApplication(caller.tenant, project, application);
    const scope = await this.scopes.getPlacement(found, environment);
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM placements WHERE id = ${scope.placement.id}::uuid FOR UPDATE`;
      const row = await tx.placement.findUniqueOrThrow({ where: { id: scope.placement.id } });
      requireVersion(caller, row);
      const data = { strategy: toColumn(strategy), version: { increment: 1 } };
      const changed = await tx.placement.update({ where: { id: row.id }, data });
      const resource = `environments/${scope.environment.name}/strategy`;
      await this.audit.record(tx, caller, {
        action: 'strategy.update',
        resource: `${pathOf(scope)}/${resource}`,
        tenant: scope.tenant,
        before: readStrategy(row.strategy),
        after: readStrategy(changed.strategy),
      });
      const event = { type: 'strategy.updated', resource: `${eventPathOf(scope)}/${resource}` };
      await this.events.record(tx, { ...eventIds(scope), ...event });
      return toAnswer(changed);
    });
  }
}

const toAnswer = ({ version, strategy }: PlacementModel): PlacementStrategy =>
  placementStrategySchema.parse({ version, strategy, warnings: warnOfStrategy(readStrategy(strategy)) });
