import type { Decision, Rollout } from './rollouts.rules.js';

/** Would more users be on the new release, or the next step begin? What goes back, or only looks, does not. */
export function goesOn(before: Rollout, after: Rollout): boolean {
  if (after.restoring || before.plan.at(-1)?.do !== 'promote') return false;
  // All traffic is on it: what is left is to write that down.
  const isOver = before.candidate.hasWorkers && before.index === before.plan.length - 1;
  return !isOver && (after.index > before.index || after.candidate.weight > before.candidate.weight);
}

/** The rollout stays where it is, or does not begin, and says why; it goes on by itself when the freeze is over. */
export function holdForFreeze(rollout: Rollout, why: string): Decision {
  const steps = rollout.steps.map((step, index) => (index === rollout.index ? { ...step, message: why } : step));
  const state = rollout.state === 'pending' ? 'pending' : 'paused';
  return { rollout: { ...rollout, state, steps }, actions: [{ do: 'observe' }] };
}
