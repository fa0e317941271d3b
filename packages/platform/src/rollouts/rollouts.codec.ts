import type { Prisma, RolloutModel } from '../kernel/database/index.js';
import type { AnalysisRun, Background } from './analysis/analysis.rules.js';
import type { Approval } from './approval.rules.js';
import type { HookRuns } from './hooks/hook.rules.js';
import { laneLength } from './lane.rules.js';
import type { Candidate, Command, Rollout, RolloutState } from './rollouts.rules.js';
import type { Step } from './steps.rules.js';
import { backgroundOf, goesBackOf, type PlannedStep, polledOf, type Strategy, stickyByOf } from './strategy.rules.js';

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
    // A release that is applied anew, for its scaling or its domains, has nothing to go back to but itself.
    goesBack:
      row.previousReleaseId !== null &&
      row.previousReleaseId !== row.releaseId &&
      goesBackOf(readStrategy(row.strategy)),
    plan: row.plan as unknown as PlannedStep[],
    index: row.stepIndex,
    candidate: row.candidate as unknown as Candidate,
    stickyBy: stickyByOf(readStrategy(row.strategy)),
    held: row.isHeld,
    pausedUntil: row.pausedUntil?.toISOString() ?? null,
    steps: row.steps as unknown as Step[],
    background: readBackground(row),
    polled: polledOf(readStrategy(row.strategy), row.previousReleaseId !== null),
    analyses: row.analyses as unknown as AnalysisRun[],
    hooks: row.hooks as unknown as HookRuns,
    deadlineAt: row.deadlineAt?.toISOString() ?? null,
    error: row.error,
  };
}

/** The strategy counts its own steps. */
function readBackground(row: RolloutModel): Background | null {
  const background = backgroundOf(readStrategy(row.strategy), row.previousReleaseId !== null);
  const before = laneLength(row.plan as unknown as PlannedStep[]);
  return background && { ...background, startsAt: background.startsAt + before };
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
    analyses: rollout.analyses as unknown as Prisma.InputJsonArray,
    hooks: rollout.hooks as unknown as Prisma.InputJsonObject,
    deadlineAt: rollout.deadlineAt,
    error: rollout.error,
  };
}

export const readApproval = ({ approval }: Pick<RolloutModel, 'approval'>): Approval | null =>
  approval as unknown as Approval | null;
export const toApprovalColumn = (approval: Approval): Prisma.InputJsonObject => ({ ...approval });
export const readStrategy = (column: Prisma.JsonValue): Strategy => column as unknown as Strategy;
export const readCommands = (row: Pick<RolloutModel, 'commands'>): readonly PendingCommand[] =>
  row.commands as unknown as PendingCommand[];
