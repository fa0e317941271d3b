import type { Rollout } from './rollouts.rules.js';
import { countNames, toPendingStep } from './steps.rules.js';
import { nameStep, type PlannedStep } from './strategy.rules.js';

/** Requests that carry the header go to the candidates of all applications that are released together. */
export interface Lane {
  readonly header: string;
  readonly value: string;
}

const laneRoute = 'slipway-lane';

/** After its pods are up the candidate answers requests of the lane alone, until somebody has it go on. */
export function toLane(rollout: Rollout, { header: name, value }: Lane): Rollout {
  const up = rollout.plan.findIndex((step) => step.do === 'prepare') + 1;
  if (up === 0) return rollout;
  const matches = [{ headers: [{ type: 'Exact' as const, name, value }] }];
  const lane: readonly PlannedStep[] = [
    { do: 'setHeaderRoute', route: { name: laneRoute, matches } },
    { do: 'pause', seconds: null },
  ];
  const plan = [...rollout.plan.slice(0, up), ...lane, ...rollout.plan.slice(up)];
  const background = rollout.background && {
    ...rollout.background,
    startsAt: rollout.background.startsAt + laneLength(plan),
  };
  return { ...rollout, plan, background, steps: countNames(plan.map(nameStep)).map(toPendingStep) };
}

/** How many of the planned steps are the lane's and not the strategy's. */
export const laneLength = (plan: readonly PlannedStep[]): number => (plan.some(isLaneRoute) ? 2 : 0);

/** Does it stand in the lane, for somebody to have it go on? */
export const isInLane = ({ plan, index, state }: Pick<Rollout, 'plan' | 'index' | 'state'>): boolean =>
  state === 'paused' && plan[index]?.do === 'pause' && isLaneRoute(plan[index - 1]);

const isLaneRoute = (step: PlannedStep | undefined): boolean =>
  step?.do === 'setHeaderRoute' && step.route.name === laneRoute;
