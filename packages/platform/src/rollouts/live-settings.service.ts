import { Injectable } from '@nestjs/common';
import type { PlacementScope } from '../applications/application-scopes.service.js';
import { Database, type RolloutModel, type Transaction } from '../kernel/database/index.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { PlacementQuota } from './placement-quota.service.js';
import { waitSubjectOf } from './rollout-gate.service.js';
import type { RolloutPlan } from './rollout-plans.dto.js';
import { RolloutPlans } from './rollout-plans.service.js';
import { RolloutSteering } from './rollout-steering.service.js';
import { readRollout, readStrategy } from './rollouts.codec.js';
import { settleSettings } from './rollouts.job-definitions.js';
import { isFinal } from './rollouts.rules.js';
import { RolloutsService, type StartOptions } from './rollouts.service.js';
import { rolling, type Strategy } from './strategy.rules.js';

/** Has what is no part of a release (scaling, domains, certificates) reach the cluster. It never moves a release on. */
@Injectable()
export class LiveSettings {
  constructor(
    private readonly database: Database,
    private readonly rollouts: RolloutsService,
    private readonly steering: RolloutSteering,
    private readonly quota: PlacementQuota,
    private readonly plans: RolloutPlans,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Makes the change, and has it take effect: a release that is on its way takes it up where it is; beside one that waits to begin
   * what stands is brought to it; otherwise the release in force is rolled out anew. Gives that rollout, undefined where there is none.
   */
  async change(
    caller: Caller,
    scope: PlacementScope,
    work: (tx: Transaction) => Promise<void>,
    options: StartOptions = {},
  ): Promise<RolloutModel | undefined> {
    this.rollouts.requireReady(scope);
    return this.database.transaction(async (tx) => {
      await work(tx);
      const now = async () => ({
        ...scope,
        placement: await tx.placement.findUniqueOrThrow({ where: { id: scope.placement.id } }),
      });
      // Whoever ends a rollout locks it before its place, and whoever begins one locks the place.
      const moving = await this.findOpen(tx, scope);
      if (moving && (await this.steering.takeUpSettings(tx, caller, moving.id))) {
        await this.charge(tx, await now(), moving.releaseId, readStrategy(moving.strategy));
        return undefined;
      }
      await tx.$queryRaw`SELECT 1 FROM placements WHERE id = ${scope.placement.id}::uuid FOR UPDATE`;
      const place = await now();
      const { releaseId } = place.placement;
      const waiting = await this.findOpen(tx, scope);
      if (waiting) {
        await this.chargeBeside(tx, place, waiting);
        if (releaseId !== null) await this.outbox.enqueue(tx, settleSettings, { rolloutId: waiting.id });
        return undefined;
      }
      if (releaseId === null) return undefined;
      const release = await tx.release.findUniqueOrThrow({ where: { id: releaseId } });
      return this.rollouts.startIn(tx, caller, scope, release, { ...options, strategy: rolling, cause: 'settings' });
    });
  }

  /** What the change would do to what is in force; null where nothing is. It is made and taken back. */
  async plan(
    caller: TenantCaller,
    scope: PlacementScope,
    work: (tx: Transaction) => Promise<void>,
  ): Promise<RolloutPlan | null> {
    this.rollouts.requireReady(scope);
    return this.plans.ofChange(caller, scope, async (tx) => {
      await work(tx);
      const { releaseId } = scope.placement;
      if (releaseId === null) return null;
      const next = await tx.release.findUniqueOrThrow({ where: { id: releaseId } });
      return { next, strategy: rolling, cause: 'settings' };
    });
  }

  /** The newest rollout of the place, unless it is over or on its way back: then what stood before is in force. */
  private async findOpen(
    tx: Transaction,
    { application, environment }: PlacementScope,
  ): Promise<RolloutModel | undefined> {
    const latest = await tx.rollout.findFirst({
      where: { applicationId: application.id, environmentId: environment.id },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    });
    if (!latest || isFinal(readRollout(latest)) || latest.isRestoring || latest.abortRequestedAt) return undefined;
    return latest;
  }

  /** What waits for room has none yet: then the room is that of what stands. */
  private async chargeBeside(tx: Transaction, scope: PlacementScope, waiting: RolloutModel): Promise<void> {
    const isQueued = (await tx.quotaWait.count({ where: waitSubjectOf(scope, waiting.id) })) > 0;
    if (!isQueued) return this.charge(tx, scope, waiting.releaseId, readStrategy(waiting.strategy));
    if (scope.placement.releaseId !== null) await this.charge(tx, scope, scope.placement.releaseId, rolling);
  }

  /** Refuses what there is no room for. */
  private async charge(tx: Transaction, scope: PlacementScope, releaseId: string, strategy: Strategy): Promise<void> {
    const release = await tx.release.findUniqueOrThrow({ where: { id: releaseId } });
    const refusal = await this.quota.charge(tx, scope, release, strategy);
    if (refusal) await this.quota.refuse(tx, refusal);
  }
}
