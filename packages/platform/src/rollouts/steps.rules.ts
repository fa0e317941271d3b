export type StepState = 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped';

export interface Step {
  readonly name: string;
  readonly state: StepState;
  readonly message: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export function toPendingStep(name: string): Step {
  return { name, state: 'pending', message: null, startedAt: null, finishedAt: null };
}

/** A name that comes again gets its number: steps are told apart by their names. */
export function countNames(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

export const isEnded = (state: StepState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'skipped';

export function changeNamed(steps: readonly Step[], name: string, state: StepState, message: string | null, now: Date) {
  return steps.map((step) => (step.name === name ? changeStep(step, state, message, now) : step));
}

export function changeAt(steps: readonly Step[], at: number, state: StepState, message: string | null, now: Date) {
  return steps.map((step, index) => (index === at ? changeStep(step, state, message, now) : step));
}

/** A step that ended may open again (a pod that was ready fails before the others are): its end is then forgotten. */
function changeStep(step: Step, state: StepState, message: string | null, now: Date): Step {
  return {
    ...step,
    state,
    message,
    startedAt: step.startedAt ?? now.toISOString(),
    finishedAt: isEnded(state) ? (step.finishedAt ?? now.toISOString()) : null,
  };
}

/** Closes what is open: running steps as told, those that never began as skipped. What has succeeded waits for nothing any more. */
export function endSteps(steps: readonly Step[], running: StepState, now: Date): readonly Step[] {
  return steps.map((step) => {
    if (isEnded(step.state)) return step;
    const state = step.state === 'pending' ? 'skipped' : running;
    return { ...step, state, message: state === 'succeeded' ? null : step.message, finishedAt: now.toISOString() };
  });
}
