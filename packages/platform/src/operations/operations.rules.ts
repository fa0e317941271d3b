export type StepState = 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped';

export interface OperationStep {
  readonly name: string;
  readonly state: StepState;
  readonly message: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export const isFinal = (state: string): boolean => ['succeeded', 'failed', 'cancelled'].includes(state);

export function planSteps(names: readonly string[]): OperationStep[] {
  return names.map((name) => ({ name, state: 'pending', message: null, startedAt: null, finishedAt: null }));
}

/** The steps after one of them moved on; a name that is not there yet is added at the end. */
export function moveStep(
  steps: readonly OperationStep[],
  name: string,
  state: StepState,
  now: Date,
  message: string | null = null,
): OperationStep[] {
  const at = now.toISOString();
  const move = (step: OperationStep): OperationStep => ({
    name,
    state,
    message,
    startedAt: step.startedAt ?? (state === 'pending' ? null : at),
    finishedAt: state === 'pending' || state === 'running' ? null : at,
  });
  const known = steps.some((step) => step.name === name) ? steps : [...steps, ...planSteps([name])];
  return known.map((step) => (step.name === name ? move(step) : step));
}

/** Whole percent of the steps that are over. */
export function progressOf(steps: readonly OperationStep[]): number {
  if (steps.length === 0) return 0;
  const over = steps.filter((step) => step.state === 'succeeded' || step.state === 'skipped').length;
  return Math.floor((over / steps.length) * 100);
}
