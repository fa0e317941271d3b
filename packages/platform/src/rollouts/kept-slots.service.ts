import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import type { PlacementModel, ReleaseModel, Transaction } from '../kernel/database/index.js';
import { instantStrategy, isKept } from './instant.rules.js';
import { readRollout, readStrategy } from './rollouts.codec.js';
import type { Strategy } from './strategy.rules.js';

/** Whether the pods of a release still run beside the one in force. */
@Injectable()
export class KeptSlots {
  constructor(private readonly clock: Clock) {}

  /** How to go back to a release whose pods still run; undefined where they do not. */
  async find(
    tx: Transaction,
    { applicationId, environmentId, releaseId }: PlacementModel,
    release: ReleaseModel,
  ): Promise<Strategy | undefined> {
    const orderBy = [{ createdAt: 'desc' as const }, { id: 'desc' as const }];
    const latest = await tx.rollout.findFirst({ where: { applicationId, environmentId }, orderBy });
    if (!latest || latest.releaseId !== releaseId || latest.previousReleaseId !== release.id) return undefined;
    const strategy = readStrategy(latest.strategy);
    const { state, finishedAt } = latest;
    const promoted = { state, strategy, plan: readRollout(latest).plan, finishedAt };
    return isKept(promoted, this.clock.now()) ? instantStrategy(strategy) : undefined;
  }
}
