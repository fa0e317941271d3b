import { Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  eventIds,
  eventPathOf,
  type PlacementScope,
  pathOf,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { StandingObjects } from '../rollouts/standing-objects.service.js';
import { readFindings, toList } from './drift.codec.js';
import { type AcceptDrift, type ChangeDriftPolicy, type DriftAnswer, toDriftAnswer } from './drift.dto.js';
import { fail } from './drift.errors.js';
import { lookForDrift } from './drift.job-definitions.js';
import { isOpen, showPath } from './drift.rules.js';
import { policyOf } from './drift-policy.rules.js';

interface Place {
  readonly project: string;
  readonly application: string;
  readonly environment: string;
}

/** What was changed by hand of an application in an environment, and what is done about it. */
@Injectable()
export class DriftService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly standing: StandingObjects,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async get(caller: TenantCaller, place: Place): Promise<DriftAnswer> {
    return this.answer(caller, await this.load(caller, place));
  }

  /** Has the worker look now; `lookedAt` tells when it has. */
  async look(caller: TenantCaller, place: Place): Promise<DriftAnswer> {
    const scope = await this.load(caller, place);
    await this.database.transaction((tx) => this.enqueue(tx, scope));
    return this.answer(caller, scope);
  }

  /** Has the worker put back what nobody accepted. */
  async heal(caller: TenantCaller, place: Place): Promise<DriftAnswer> {
    const scope = await this.load(caller, place);
    await this.database.transaction(async (tx) => {
      await this.enqueue(tx, scope, caller.actor.username);
      await this.write(tx, caller, scope, 'drift.ask-to-heal', {});
    });
    return this.answer(caller, scope);
  }

  /** Lets what was found be, as it is. Throws 404 `drift-not-found`. */
  async accept(caller: TenantCaller, place: Place, { reason, items }: AcceptDrift): Promise<DriftAnswer> {
    const scope = await this.load(caller, place);
    const placementId = scope.placement.id;
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM drifts WHERE "placementId" = ${placementId}::uuid FOR UPDATE`;
      const row = await tx.drift.findUnique({ where: { placementId } });
      if (row) requireVersion(caller, row);
      const findings = readFindings(row);
      const isNamed = (item: { kind: string; name: string; path: string }) =>
        !items || items.some(({ kind, name, path }) => kind === item.kind && name === item.name && path === item.path);
      const chosen = findings.filter((each) => isOpen(each) && isNamed({ ...each, path: showPath(each.path) }));
      if (!row || chosen.length === 0 || (items && chosen.length < items.length)) throw fail('drift-not-found');
      const accepted = { by: caller.actor.username, at: this.clock.now().toISOString(), reason };
      const after = findings.map((each) => (chosen.includes(each) ? { ...each, accepted } : each));
      const openCount = after.filter(isOpen).length;
      const data = { findings: toList(after), openCount, version: { increment: 1 } };
      await tx.drift.update({ where: { placementId }, data });
      const places = chosen.map(({ kind, name, path }) =>
        [`${kind}/${name}`, showPath(path)].filter(Boolean).join(' '),
      );
      await this.write(tx, caller, scope, 'drift.accept', { accepted: places, reason });
    });
    return this.answer(caller, scope);
  }

  async setPolicy(caller: TenantCaller, place: Place, { policy }: ChangeDriftPolicy): Promise<DriftAnswer> {
    const scope = await this.load(caller, place);
    const placement = await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM placements WHERE id = ${scope.placement.id}::uuid FOR UPDATE`;
      const row = await tx.placement.findUniqueOrThrow({ where: { id: scope.placement.id } });
      const data = { driftPolicy: policy, version: { increment: 1 } };
      const changed = await tx.placement.update({ where: { id: row.id }, data });
      await this.write(tx, caller, scope, 'drift-policy.update', { policy }, { policy: row.driftPolicy });
      return changed;
    });
    return this.answer(caller, { ...scope, placement });
  }

  private async load({ tenant }: TenantCaller, { project, application, environment }: Place): Promise<PlacementScope> {
    return this.scopes.getPlacement(await this.scopes.getApplication(tenant, project, application), environment);
  }

  private async enqueue(tx: Transaction, { environment, application }: PlacementScope, healBy?: string): Promise<void> {
    const place = { environmentId: environment.id, applicationId: application.id };
    await this.outbox.enqueue(tx, lookForDrift, { ...place, tenantId: environment.tenantId, healBy });
  }

  private async answer(caller: TenantCaller, scope: PlacementScope): Promise<DriftAnswer> {
    const { placement, project } = scope;
    const row = await this.database.read.drift.findUnique({ where: { placementId: placement.id } });
    return toDriftAnswer({
      row,
      version: row?.version ?? 0,
      policy: policyOf(scope),
      policyFrom: placement.driftPolicy === null ? 'environment' : 'application',
      isMoving: (await this.standing.find(scope)) === 'moving',
      mayReadConfig: isAllowed(caller.actor, caller.tenant, 'config:read', project.id),
    });
  }

  private async write(
    tx: Transaction,
    caller: TenantCaller,
    scope: PlacementScope,
    action: string,
    after: object,
    before?: object,
  ): Promise<void> {
    const resource = `environments/${scope.environment.name}/drift`;
    const { tenant, project } = scope;
    const entry = { action, resource: `${pathOf(scope)}/${resource}`, tenant, projectId: project.id };
    await this.audit.record(tx, caller, { ...entry, after, ...(before ? { before } : {}) });
    await this.events.record(tx, {
      ...eventIds(scope),
      type: 'drift.updated',
      resource: `${eventPathOf(scope)}/${resource}`,
      data: {},
    });
  }
}
