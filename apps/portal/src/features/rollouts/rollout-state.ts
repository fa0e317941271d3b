import type { Rollout } from '../../lib/contract';

/** What an operator asks of a rollout. */
export type RolloutCommand = 'abort' | 'pause' | 'resume' | 'retry' | 'promote' | 'promote-full';

/** `state` is a rollout's, as the status of an environment repeats it. */
export const isOver = (rollout: { readonly state: string }): boolean =>
  rollout.state !== 'pending' && rollout.state !== 'progressing' && rollout.state !== 'paused';

/** Why something cannot be asked of a rollout; a key under `rolloutPage.reasons`. */
export type Refusal = 'over' | 'goingOn' | 'stands' | 'noSteps' | 'held' | 'notHeld' | 'goingBack' | 'forbidden';

export const isGoingBack = (rollout: Rollout): boolean =>
  rollout.steps.some(({ name, state }) => name === 'restore' && state === 'running');

/** Do two releases stand side by side, with steps between them? A rollout in place has `apply` instead. */
export const hasSteps = (rollout: Rollout): boolean => rollout.steps.some(({ name }) => name === 'promote');

/** The permission that the route of a command asks for. */
export const permissionOf = (command: RolloutCommand): string =>
  command === 'promote' || command === 'promote-full' ? 'rollouts:promote' : 'rollouts:write';

/** Undefined: it can be asked. */
export function refusalOf(rollout: Rollout, command: RolloutCommand): Refusal | undefined {
  if (command === 'retry') {
    if (!isOver(rollout)) return 'goingOn';
    return rollout.state === 'healthy' ? 'stands' : undefined;
  }
  if (isOver(rollout)) return 'over';
  if (isGoingBack(rollout)) return 'goingBack';
  if (command === 'abort') return undefined;
  if (!hasSteps(rollout)) return 'noSteps';
  if (command === 'pause' && rollout.held) return 'held';
  if (command === 'resume' && !rollout.held) return 'notHeld';
  return undefined;
}

/** What a rollout that goes on waits for. `detail` is the API's own sentence. */
export type Wait =
  | { readonly for: 'operator' | 'promotion' | 'restore' | 'start' }
  | { readonly for: 'approval'; readonly request: string }
  | { readonly for: 'time'; readonly until: string }
  | { readonly for: 'step'; readonly step: string; readonly detail: string | null };

/** Undefined: it is over. */
export function waitOf(rollout: Rollout): Wait | undefined {
  if (isOver(rollout)) return undefined;
  if (isGoingBack(rollout)) return { for: 'restore' };
  if (rollout.approval?.state === 'pending') return { for: 'approval', request: rollout.approval.request };
  if (rollout.held) return { for: 'operator' };
  const running = rollout.steps.find(({ state }) => state === 'running');
  if (rollout.state === 'paused') {
    return rollout.pausedUntil ? { for: 'time', until: rollout.pausedUntil } : { for: 'promotion' };
  }
  return running ? { for: 'step', step: running.name, detail: running.message } : { for: 'start' };
}

/** Who has how much of the traffic, in percent. */
export interface TrafficParts {
  readonly before: number;
  readonly next: number;
  /** Of an experiment that users meet. */
  readonly templates: Rollout['templateWeights'];
}

export function trafficOf(rollout: Rollout): TrafficParts {
  const isNew = rollout.state === 'healthy' || rollout.previousRelease === null;
  const templates = isNew || isOver(rollout) ? [] : rollout.templateWeights;
  const next = isNew ? 100 : isOver(rollout) ? 0 : rollout.weight;
  const before = templates.reduce((left, { weight }) => left - weight, 100 - next);
  return { before: Math.round(before * 10) / 10, next, templates };
}
