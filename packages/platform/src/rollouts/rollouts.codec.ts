import type { Prisma, RolloutModel } from '../kernel/database/index.js';
import type { Rollout, RolloutState, Step } from './rollouts.rules.js';

/** A row as the rules see it. */
export function readRollout(row: RolloutModel): Rollout {
  return {
    state: row.state as RolloutState,
    restoring: row.isRestoring,
    hasPrevious: row.previousReleaseId !== null,
    steps: row.steps as unknown as Step[],
    deadlineAt: row.deadlineAt?.toISOString() ?? null,
    error: row.error,
  };
}

/** What the rules decided, as columns. */
export function toColumns(rollout: Rollout) {
  return {
    state: rollout.state,
    isRestoring: rollout.restoring,
    steps: rollout.steps as unknown as Prisma.InputJsonArray,
    deadlineAt: rollout.deadlineAt,
    error: rollout.error,
  };
}
