export type RolloutState = 'pending' | 'progressing' | 'healthy' | 'failed' | 'aborted';
export type StepState = 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped';

export interface Step {
  readonly name: string;
  readonly state: StepState;
  readonly message: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** A rollout as it is decided upon. `restoring`: it was aborted and the release before is being put back. */
export interface Rollout {
  readonly state: RolloutState;
  readonly restoring: boolean;
  readonly hasPrevious: boolean;
  readonly steps: readonly Step[];
  readonly deadlineAt: string | null;
  readonly error: string | null;
}

/** One process as the cluster shows it. `failure` is set where more waiting cannot help. */
export interface ObservedProcess {
  readonly name: string;
  readonly desired: number;
  readonly updated: number;
  readonly available: number;
  readonly complete: boolean;
  readonly failure?: string;
  readonly waiting?: string;
}

export type RolloutEvent =
  | { readonly type: 'started' }
  | { readonly type: 'applied' }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'observed'; readonly processes: readonly ObservedProcess[] }
  | { readonly type: 'abort-requested' }
  | { readonly type: 'superseded'; readonly by: string };

export type RolloutAction =
  /** Put the release's objects into the cluster; report `applied` or `refused`. */
  | { readonly do: 'apply' }
  /** The same for the release before. */
  | { readonly do: 'restore' }
  /** Look at the cluster and report `observed`. */
  | { readonly do: 'observe' }
  /** The environment now stands on this release: record it and remove what earlier ones left. */
  | { readonly do: 'promote' }
  /** Nothing more will happen. */
  | { readonly do: 'finish' };

export interface Decision {
  readonly rollout: Rollout;
  readonly actions: readonly RolloutAction[];
}

export const applyStep = 'apply';
export const restoreStep = 'restore';
const processStep = (name: string): string => `process ${name}`;

const rolloutDeadlineSeconds = 600;

/** A new rollout; its steps are known before it starts, so that they can be shown. */
export function planRollout(processes: readonly string[], hasPrevious: boolean): Rollout {
  const steps = [applyStep, ...processes.map(processStep)].map(toPendingStep);
  return { state: 'pending', restoring: false, hasPrevious, steps, deadlineAt: null, error: null };
}

export const isFinal = (rollout: Pick<Rollout, 'state'>): boolean =>
  rollout.state === 'healthy' || rollout.state === 'failed' || rollout.state === 'aborted';

/**
 * The whole life of a rollout:
 *
 *     pending → progressing (apply, then one step a process) → healthy
 *                   │ └─ refused, crash, deadline → failed
 *                   └─ abort (also of a failed one) → restore → aborted
 *
 * A final rollout does not change, but for the abort of a failed one. An event may come twice: the second one decides
 * the same actions, which are idempotent.
 */
export function decide(rollout: Rollout, event: RolloutEvent, now: Date): Decision {
  if (event.type === 'abort-requested') return decideAbort(rollout, now);
  if (isFinal(rollout)) return { rollout, actions: [{ do: 'finish' }] };
  switch (event.type) {
    case 'started':
      return start(rollout, now);
    case 'applied':
      return applied(rollout, now);
    case 'refused':
      return finish(rollout, rollout.restoring ? 'aborted' : 'failed', event.message, now);
    case 'observed':
      return observed(rollout, event.processes, now);
    case 'superseded':
      return finish(rollout, 'aborted', `Rollout ${event.by} took its place.`, now);
  }
}

function start(rollout: Rollout, now: Date): Decision {
  if (rollout.restoring) return { rollout, actions: [{ do: 'restore' }] };
  if (rollout.state === 'progressing' && stepOf(rollout, applyStep)?.state === 'succeeded') {
    return { rollout, actions: [{ do: 'apply' }] };
  }
  const deadlineAt = rollout.deadlineAt ?? new Date(now.getTime() + rolloutDeadlineSeconds * 1000).toISOString();
  const steps = changeStep(rollout.steps, applyStep, 'running', null, now);
  return { rollout: { ...rollout, state: 'progressing', deadlineAt, steps }, actions: [{ do: 'apply' }] };
}

function applied(rollout: Rollout, now: Date): Decision {
  const step = rollout.restoring ? restoreStep : applyStep;
  let steps = changeStep(rollout.steps, step, 'succeeded', null, now);
  if (!rollout.restoring) {
    for (const { name, state } of steps) if (state === 'pending') steps = changeStep(steps, name, 'running', null, now);
  }
  return { rollout: { ...rollout, steps }, actions: [{ do: 'observe' }] };
}

function observed(rollout: Rollout, processes: readonly ObservedProcess[], now: Date): Decision {
  const overdue = rollout.deadlineAt !== null && now.getTime() > Date.parse(rollout.deadlineAt);
  if (rollout.restoring) {
    if (overdue || processes.every((process) => process.complete))
      return finish(rollout, 'aborted', rollout.error, now);
    return { rollout, actions: [{ do: 'observe' }] };
  }
  let steps = rollout.steps;
  for (const process of processes) {
    const state: StepState = process.failure ? 'failed' : process.complete ? 'succeeded' : 'running';
    steps = changeStep(steps, processStep(process.name), state, process.failure ?? describe(process), now);
  }
  const next = { ...rollout, steps };
  const failed = processes.find((process) => process.failure !== undefined);
  if (failed) return finish(next, 'failed', `${failed.name}: ${failed.failure}`, now);
  if (processes.every((process) => process.complete)) {
    const healthy = finish(next, 'healthy', null, now);
    return { rollout: healthy.rollout, actions: [{ do: 'promote' }, ...healthy.actions] };
  }
  if (overdue) {
    const late = processes.find((process) => !process.complete);
    const why = late ? `${late.name}: ${late.waiting ?? describe(late)}` : 'it made no progress';
    return finish(next, 'failed', `Not ready within ${rolloutDeadlineSeconds / 60} minutes. ${why}`, now);
  }
  return { rollout: next, actions: [{ do: 'observe' }] };
}

/** An abort puts the release before back. Without one there is nothing to put back: the rollout just ends. */
function decideAbort(rollout: Rollout, now: Date): Decision {
  if (rollout.state === 'healthy' || rollout.state === 'aborted') return { rollout, actions: [{ do: 'finish' }] };
  if (rollout.restoring) return { rollout, actions: [{ do: 'restore' }] };
  if (rollout.state === 'pending' || !rollout.hasPrevious) return finish(rollout, 'aborted', 'Aborted.', now);
  const steps = [
    ...endSteps(rollout.steps, 'skipped', now),
    { ...toPendingStep(restoreStep), state: 'running' as const, startedAt: now.toISOString() },
  ];
  const deadlineAt = new Date(now.getTime() + rolloutDeadlineSeconds * 1000).toISOString();
  const error = rollout.error ?? 'Aborted: the release before was put back.';
  return {
    rollout: { ...rollout, state: 'progressing', restoring: true, steps, deadlineAt, error },
    actions: [{ do: 'restore' }],
  };
}

function finish(rollout: Rollout, state: RolloutState, error: string | null, now: Date): Decision {
  const rest: StepState = state === 'failed' ? 'failed' : state === 'healthy' ? 'succeeded' : 'skipped';
  const steps = endSteps(rollout.steps, rest, now);
  return { rollout: { ...rollout, state, restoring: false, steps, error }, actions: [{ do: 'finish' }] };
}

function describe(process: ObservedProcess): string {
  const ready = `${process.available} of ${process.desired} ready`;
  return process.waiting ? `${ready}; ${process.waiting}` : ready;
}

function toPendingStep(name: string): Step {
  return { name, state: 'pending', message: null, startedAt: null, finishedAt: null };
}

const stepOf = (rollout: Rollout, name: string): Step | undefined => rollout.steps.find((step) => step.name === name);
const isEnded = (state: StepState): boolean => state === 'succeeded' || state === 'failed' || state === 'skipped';

/** A step that ended may open again (a pod that was ready fails before the others are): its end is then forgotten. */
function changeStep(
  steps: readonly Step[],
  name: string,
  state: StepState,
  message: string | null,
  now: Date,
): readonly Step[] {
  return steps.map((step) => {
    if (step.name !== name) return step;
    const startedAt = step.startedAt ?? now.toISOString();
    return {
      ...step,
      state,
      message,
      startedAt,
      finishedAt: isEnded(state) ? (step.finishedAt ?? now.toISOString()) : null,
    };
  });
}

/** Closes what is open: running steps as told, those that never began as skipped. */
function endSteps(steps: readonly Step[], running: StepState, now: Date): readonly Step[] {
  return steps.map((step) => {
    if (isEnded(step.state)) return step;
    return { ...step, state: step.state === 'pending' ? 'skipped' : running, finishedAt: now.toISOString() };
  });
}
