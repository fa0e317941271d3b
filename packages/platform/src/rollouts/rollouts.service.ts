import { Injectable } from '@nestjs/common';
import {
  eventIds,
  eventPathOf,
  type PlacementScope,
  type Processes,
  pathOf,
  resolveProcesses,
  toColumn,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Database, type ReleaseModel, type RolloutModel, type Transaction } from '../kernel/database/index.js';
import { EventLog, type NewEvent } from '../kernel/events/event-log.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import { readContent } from '../releases/release-content.service.js';
import { PlacementQuota } from './placement-quota.service.js';
import { readRollout, readStrategy, toColumns } from './rollouts.codec.js';
import { fail } from './rollouts.errors.js';
import { advanceRollout } from './rollouts.job-definitions.js';
import { isFinal, planRollout } from './rollouts.rules.js';
import { rolling, type Strategy } from './strategy.rules.js';

export interface StartOptions {
  /** What becomes of it where the quota has no room: refused (the default), or it waits in the queue. */
  readonly whenFull?: 'fail' | 'queue';
  /** Default: the placement's. */
  readonly strategy?: Strategy;
}

/** Starts rollouts, in the transaction of what causes them. */
@Injectable()
export class RolloutsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly quota: PlacementQuota,
  ) {}

  /** Refuses what could not be rolled out, before anything is written. */
  requireReady(scope: PlacementScope): void {
    if (scope.application.state === 'deleting') throw fail('application-being-deleted');
    if (scope.environment.state === 'deleting' || scope.environment.state === 'failed') {
      throw fail('environment-not-ready', { detail: scope.environment.message ?? `It is ${scope.environment.state}.` });
    }
  }

  /** An earlier rollout of the same place that is not over gives way to this one. */
  async startIn(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    release: ReleaseModel,
    options: StartOptions = {},
  ): Promise<RolloutModel> {
    const place = { applicationId: scope.application.id, environmentId: scope.environment.id };
    // One rollout at a time decides about a place: the row lock orders concurrent ones.
    await tx.$queryRaw`SELECT 1 FROM placements WHERE id = ${scope.placement.id}::uuid FOR UPDATE`;
    const placement = await tx.placement.findUniqueOrThrow({ where: { id: scope.placement.id } });
    const strategy = options.strategy ?? readStrategy(placement.strategy);
    const refusal = await this.quota.charge(tx, { ...scope, placement }, release, strategy);
    if (refusal && options.whenFull !== 'queue') await this.quota.refuse(tx, refusal);
    const content = readContent(release.content);
    const processes = resolveProcesses(content.processes as Processes).map((process) => process.name);
    const plan = planRollout(processes, placement.releaseId !== null, strategy);
    const id = newId();
    const path = `rollouts/${id}`;
    const operationId = await this.operations.start(tx, caller, {
      kind: advanceRollout.name,
      subject: `${pathOf(scope)}/${path}`,
      tenantId: scope.tenant.id,
      steps: plan.steps.map((step) => step.name),
    });
    const row = await tx.rollout.create({
      data: {
        id,
        tenantId: scope.tenant.id,
        ...place,
        releaseId: release.id,
        previousReleaseId: placement.releaseId,
        ...toColumns(plan),
        strategy: toColumn(strategy),
        operationId,
        createdBy: caller.actor.username,
      },
    });
    if (refusal) await this.quota.wait(tx, caller, scope, id, refusal);
    else await this.outbox.enqueue(tx, advanceRollout, { rolloutId: id });
    const after = { environment: scope.environment.name, release: release.number };
    await this.audit.record(tx, caller, {
      action: 'rollout.create',
      resource: `${pathOf(scope)}/${path}`,
      tenant: scope.tenant,
      after,
    });
    await this.events.record(tx, {
      ...eventIds(scope),
      type: 'rollout.created',
      resource: `${eventPathOf(scope)}/${path}`,
      data: after,
    });
    return row;
  }

  /** The release that a change of config, scaling or domains is rolled out of: the latest meant for this place, if any. */
  async findReleaseInForce(scope: PlacementScope): Promise<ReleaseModel | null> {
    const where = { applicationId: scope.application.id, environmentId: scope.environment.id };
    const latest = await this.database.read.rollout.findFirst({
      where,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    });
    const isOpen = latest && !isFinal(readRollout(latest)) && !latest.isRestoring;
    const id = isOpen ? latest.releaseId : scope.placement.releaseId;
    return id ? this.database.read.release.findUnique({ where: { id } }) : null;
  }

  /** Tells those who watch, for features that start rollouts. */
  async announce(tx: Transaction, event: NewEvent): Promise<void> {
    await this.events.record(tx, event);
  }

  /** Has the worker look at the rollout again. */
  async wake(tx: Transaction, rolloutId: string): Promise<void> {
    await this.outbox.enqueue(tx, advanceRollout, { rolloutId });
  }

  /** Rolls the release in force out again, so that live settings (scaling, domains) reach the cluster. Undefined without one. */
  async reapply(
    caller: Caller,
    scope: PlacementScope,
    change: (tx: Transaction) => Promise<void>,
    options: StartOptions = {},
  ): Promise<RolloutModel | undefined> {
    this.requireReady(scope);
    const release = await this.findReleaseInForce(scope);
    return this.database.transaction(async (tx) => {
      await change(tx);
      return release ? this.startIn(tx, caller, scope, release, { ...options, strategy: rolling }) : undefined;
    });
  }
}
