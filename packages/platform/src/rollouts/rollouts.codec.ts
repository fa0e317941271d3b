import type { Prisma, RolloutModel } from '../kernel/database/index.js';
import type { Candidate, Command, Rollout, RolloutState, Step } from './rollouts.rules.js';
import { type PlannedStep, type Strategy, stickyByOf } from './strategy.rules.js';

/** What an operator asked of a rollout and no worker has done yet. */
export interface PendingCommand {
  readonly command: Exclude<Command, 'abort'>;
  readonly by: string;
}

/** A row as the rules see it. */
export function readRollout(row: RolloutModel): Rollout {
  return {
    state: row.state as RolloutState,
    restoring: row.isRestoring,
    hasPrevious: row.previousReleaseId !== null,
    plan: row.plan as unknown as PlannedStep[],
    index: row.stepIndex,
    candidate: row.candidate as unknown as Candidate,
    stickyBy: stickyByOf(readStrategy(row.strategy)),
    held: row.isHeld,
    pausedUntil: row.pausedUntil?.toISOString() ?? null,
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
    plan: rollout.plan as unknown as Prisma.InputJsonArray,
    stepIndex: rollout.index,
    candidate: rollout.candidate as unknown as Prisma.InputJsonObject,
    isHeld: rollout.held,
    pausedUntil: rollout.pausedUntil,
    steps: rollout.steps as unknown as Prisma.InputJsonArray,
    deadlineAt: rollout.deadlineAt,
    error: rollout.error,
  };
}

export const readStrategy = (column: Prisma.JsonValue): Strategy => column as unknown as Strategy;
export const readCommands = (row: Pick<RolloutModel, 'commands'>): readonly PendingCommand[] =>
  row.commands as unknown as PendingCommand[];
