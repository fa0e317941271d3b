import type { Rollout } from './rollouts.rules.js';
import { hasTwoSlots, type PlannedStep, type Strategy, scaleDownDelayOf } from './strategy.rules.js';

/** The rollout by which a release came that still has the one before beside it. */
export interface Promoted {
  readonly state: string;
  readonly strategy: Strategy;
  readonly plan: readonly PlannedStep[];
  readonly finishedAt: Date | null;
}

/** Do the pods of the release before still run in the slot that was left? */
export function isKept({ state, strategy, plan, finishedAt }: Promoted, now: Date): boolean {
  if (state !== 'healthy' || !finishedAt || plan.at(-1)?.do !== 'promote') return false;
  return hasTwoSlots(strategy) && now.getTime() < finishedAt.getTime() + scaleDownDelayOf(strategy) * 1000;
}

/** As blue/green, so that the slots change places; the release that was left stays as long as the other one would have. */
export const instantStrategy = (promoted: Strategy): Strategy => ({
  type: 'blueGreen',
  scaleDownDelaySeconds: scaleDownDelayOf(promoted),
});

/**
 * The way back to pods that run already is a weight: nothing is prepared, the only step is the promotion. Should a pod be gone
 * meanwhile, the promotion waits for it as for any other.
 */
export function toInstant(rollout: Rollout): Rollout {
  return {
    ...rollout,
    plan: rollout.plan.slice(-1),
    steps: rollout.steps.slice(-1),
    candidate: { ...rollout.candidate, isUp: true, scale: { by: 'percent', percent: 100 } },
  };
}

/** The first look after such a beginning needs no wait: the pods are there. */
export const isInstant = ({ plan }: Pick<Rollout, 'plan'>): boolean => plan[0]?.do === 'promote';
