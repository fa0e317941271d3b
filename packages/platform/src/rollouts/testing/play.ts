import type { ObservedProcess } from '../observed-process.rules.js';
import {
  type Command,
  decide,
  planRollout,
  type Rollout,
  type RolloutEvent,
  type Target,
  targetOf,
} from '../rollouts.rules.js';
import { type CanaryStep, candidateReplicas, type Strategy } from '../strategy.rules.js';

export const t0 = new Date('2026-01-01T00:00:00Z');
export const later = (seconds: number): Date => new Date(t0.getTime() + seconds * 1000);
export const ready = (name: string, more: Partial<ObservedProcess> = {}): ObservedProcess => {
  return { name, desired: 1, updated: 1, available: 1, complete: true, ...more };
};
export const unready = (name: string, more: Partial<ObservedProcess> = {}) =>
  ready(name, { available: 0, complete: false, ...more });
export const seen = (
  candidate: readonly ObservedProcess[] = [ready('web')],
  experiment: readonly ObservedProcess[] = [ready('baseline'), ready('canary')],
): RolloutEvent => {
  return { type: 'observed', processes: [ready('web'), ready('worker')], candidate, experiment };
};
export const command = (name: Command): RolloutEvent => ({ type: 'command', command: name });

/** Plays events a second apart; a line for each: the state, the step in work, what the cluster shall have. */
export function play(strategy: Strategy, ...events: readonly RolloutEvent[]) {
  let rollout = planRollout(['web', 'worker'], true, strategy);
  const lines = events.map((event, second) => {
    const { rollout: next, actions } = decide(rollout, event, later(second));
    rollout = next;
    return `${describeState(rollout)} → ${actions.map((action) => action.do).join(',')}`;
  });
  return { rollout, lines };
}

/** What came of a probe of the planned step. */
export const told = (step: number | null, name: string, phase: 'successful' | 'failed', second = 0): RolloutEvent => ({
  type: 'measured',
  readings: null,
  taken: [{ step, name, at: later(second).toISOString(), outcome: { type: 'decided', phase, message: 'it answered' } }],
});

function describeState(rollout: Rollout): string {
  const step = rollout.steps[rollout.index]?.name ?? '';
  return `${rollout.state} ${step}: ${describeTarget(targetOf(rollout))}`;
}

export function describeTarget({
  stable,
  workers,
  candidate,
  weight,
  headerRoutes,
  mirrorRoutes,
  experiment = [],
  shares = [],
}: Target): string {
  const pods = candidate ? candidateReplicas(candidate.scale, candidate.weight, 4) : 0;
  const met = (name: string) => shares.flatMap((share) => (share.name === name ? [`=${share.weight}`] : []));
  const routes = [...headerRoutes, ...mirrorRoutes, ...experiment].map(({ name }) => ` ${name}${met(name)}`).join('');
  return `${stable}/${workers} +${pods} at ${weight}${routes}`;
}

export const canary = (...steps: readonly CanaryStep[]): Strategy => ({ type: 'canary', steps });
