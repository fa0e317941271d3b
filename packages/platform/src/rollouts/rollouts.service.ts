import { Injectable } from '@nestjs/common';
import {
  eventIds,
  eventPathOf,
  type PlacementScope,
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
import { hooksOf, processesOf } from '../releases/release-content.service.js';
import { waitsForApproval } from './approval.rules.js';
import { planHooks, stepsOf } from './hooks/hook.rules.js';
import { toInstant } from './instant.rules.js';
import { KeptSlots } from './kept-slots.service.js';
import { type Lane, toLane } from './lane.rules.js';
import { PlacementQuota } from './placement-quota.service.js';
import { type GateOptions, RolloutGate } from './rollout-gate.service.js';
import { RolloutTransitions } from './rollout-transitions.service.js';
import { readApproval, readRollout, readStrategy, toApprovalColumn, toColumns } from './rollouts.codec.js';
import { fail } from './rollouts.errors.js';
import { advanceRollout } from './rollouts.job-definitions.js';
import { isFinal, planRollout } from './rollouts.rules.js';
import type { Strategy } from './strategy.rules.js';

export { rolloutSchema } from './rollouts.dto.js';

export interface StartOptions extends GateOptions {
  /** What becomes of it where the quota has no room: refused (the default), or it waits in the queue. */
  readonly whenFull?: 'fail' | 'queue';
  /** Default: the placement's. */
  readonly strategy?: Strategy;
  /** The candidate stands in it first; for strategies with two slots. */
  readonly lane?: Lane;
  /** The environment that the release comes from. */
  readonly promotedFrom?: string;
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
    private readonly gate: RolloutGate,
    private readonly transitions: RolloutTransitions,
    private readonly kept: KeptSlots,
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
    const instant = options.cause === 'rollback' ? await this.kept.find(tx, placement, release) : undefined;
    const asked = options.strategy ?? readStrategy(placement.strategy);
    const examined = await this.gate.examine(tx, caller, scope, release, options);
    const charge = (wanted: Strategy) => this.quota.charge(tx, { ...scope, placement }, release, wanted);
    const isInstant = instant !== undefined && (await charge(instant)) === undefined;
    const strategy = isInstant ? instant : asked;
    const refusal = isInstant ? undefined : await charge(strategy);
    if (refusal && options.whenFull !== 'queue') await this.quota.refuse(tx, refusal);
    const processes = resolveProcesses(processesOf(release)).map((process) => process.name);
    const planned = planRollout(processes, placement.releaseId !== null, strategy);
    const shaped = isInstant ? toInstant(planned) : options.lane ? toLane(planned, options.lane) : planned;
    // Going back, and settings alone, ask for nothing to be done once more.
    const isDeploy = (options.cause ?? 'deploy') === 'deploy';
    const plan = { ...shaped, hooks: isDeploy ? planHooks(hooksOf(release)) : {} };
    const id = newId();
    const path = `rollouts/${id}`;
    const operationId = await this.operations.start(tx, caller, {
      kind: advanceRollout.name,
      subject: `${pathOf(scope)}/${path}`,
      tenantId: scope.tenant.id,
      steps: stepsOf(plan).map((step) => step.name),
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
        freezeOverride: examined.freezeOverride,
        operationId,
        createdBy: caller.actor.username,
      },
    });
    const actor = caller.actor.username;
    const from = options.promotedFrom === undefined ? '' : `, from ${options.promotedFrom}`;
    const reason = `Release ${release.number} was asked for${from}.`;
    await this.transitions.record(tx, row, { from: null, to: 'pending', step: null, reason }, actor);
    await this.wakeWaiting(tx, caller, row);
    const approval = await this.gate.ask(tx, caller, scope, release, row, examined);
    if (approval) await tx.rollout.update({ where: { id }, data: { approval: toApprovalColumn(approval) } });
    if (refusal) await this.quota.wait(tx, caller, scope, id, refusal);
    else if (!approval) await this.outbox.enqueue(tx, advanceRollout, { rolloutId: id });
    const { freezeOverride } = examined;
    const { promotedFrom } = options;
    const after = {
      environment: scope.environment.name,
      release: release.number,
      ...(freezeOverride && { freezeOverride }),
      ...(promotedFrom && { promotedFrom }),
    };
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

  /** What waits for an approval in the same place gives way. */
  private async wakeWaiting(
    tx: Transaction,
    caller: Caller,
    { id, applicationId, environmentId }: RolloutModel,
  ): Promise<void> {
    const where = { applicationId, environmentId, state: 'pending', id: { not: id } };
    const pending = await tx.rollout.findMany({ where, select: { id: true, approval: true } });
    for (const row of pending) {
      const approval = readApproval(row);
      if (!approval || !waitsForApproval(approval)) continue;
      const withdrawn = await this.gate.withdraw(tx, caller, approval, `Rollout ${id} took its place.`);
      const data = { approval: toApprovalColumn(withdrawn), version: { increment: 1 } };
      await tx.rollout.update({ where: { id: row.id }, data });
      await this.wake(tx, row.id);
    }
  }

  /** Tells those who watch, for features that start rollouts. */
  async announce(tx: Transaction, event: NewEvent): Promise<void> {
    await this.events.record(tx, event);
  }

  /** Has the worker begin what has waited. */
  async begin(tx: Transaction, rolloutId: string): Promise<void> {
    await this.outbox.enqueue(tx, advanceRollout, { rolloutId });
  }

  /** Has the worker look at the rollout again, however many others of the tenant wait for their turn. */
  async wake(tx: Transaction, rolloutId: string): Promise<void> {
    await this.outbox.enqueue(tx, advanceRollout, { rolloutId }, { tenantId: '' });
  }
}
