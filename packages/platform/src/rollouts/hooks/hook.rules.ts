import { type HookName, hookTimeoutSeconds, type ReleaseHooks } from '../../applications/application-scopes.service.js';
import {
  type Decision,
  decide as decideRollout,
  isFinal,
  type Rollout,
  type RolloutEvent,
  restoreStep,
} from '../rollouts.rules.js';
import { changeNamed, endSteps, isEnded, type Step, type StepState, toPendingStep } from '../steps.rules.js';
import { isInPlace } from '../target.rules.js';

/** One hook of a rollout, as a step that is shown. */
export interface HookRun extends Step {
  readonly timeoutSeconds: number;
  /** Of the pod that runs it, from when it was seen: should it be gone, the hook is not run a second time. */
  readonly uid: string | null;
}

export type HookRuns = { readonly [Name in HookName]?: HookRun };

export interface HookOutcome {
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly message: string | null;
  readonly uid: string | null;
}

export interface HookEvent {
  readonly type: 'hooked';
  readonly hook: HookName;
  readonly outcome: HookOutcome;
}

/** Have the hook run, if it does not run yet, and report `hooked`. */
interface HookAction {
  readonly do: 'hook';
  readonly hook: HookName;
}

export interface HookedDecision {
  readonly rollout: Rollout;
  readonly actions: readonly (Decision['actions'][number] | HookAction)[];
}

/** A worker sees for itself that a hook is late; this is for one that could not look. */
const graceSeconds = 30;

export function planHooks(hooks: ReleaseHooks): HookRuns {
  const toRun = (name: HookName, hook: NonNullable<ReleaseHooks[HookName]>): HookRun => {
    return { ...toPendingStep(`hook ${name}`), timeoutSeconds: hookTimeoutSeconds(hook), uid: null };
  };
  const { before, after } = hooks;
  return { ...(before ? { before: toRun('before', before) } : {}), ...(after ? { after: toRun('after', after) } : {}) };
}

/** Does it do no more than look again? */
export const isLooking = ({ actions }: HookedDecision): boolean => actions.at(-1)?.do === 'observe';

/** The steps of a rollout and its hooks, in their order; what is put back comes last. */
export function stepsOf({ steps, hooks }: Pick<Rollout, 'steps' | 'hooks'>): readonly Step[] {
  const toStep = ({ name, state, message, startedAt, finishedAt }: HookRun): Step => {
    return { name, state, message, startedAt, finishedAt };
  };
  const before = hooks.before ? [toStep(hooks.before)] : [];
  const after = hooks.after ? [toStep(hooks.after)] : [];
  const count = steps.at(-1)?.name === restoreStep ? steps.length - 1 : steps.length;
  return [...before, ...steps.slice(0, count), ...after, ...steps.slice(count)];
}

/** It failed before anything of the release reached the cluster. */
export const hasNeverBegun = ({ hooks: { before } }: Pick<Rollout, 'hooks'>): boolean =>
  before !== undefined && before.state !== 'succeeded';

/**
 * `decide`, with what is done before and after it. While the hook before runs, the rollout is pending: nothing of the release stands.
 * The hook after stands between the last pod that is ready and the promotion, so that what fails it is taken back like a crash.
 */
export function decide(rollout: Rollout, event: RolloutEvent | HookEvent, now: Date): HookedDecision {
  if (isFinal(rollout)) return event.type === 'hooked' ? over(rollout) : decideRollout(rollout, event, now);
  const decision = isBefore(rollout) ? decideBefore(rollout, event, now) : decideAfter(rollout, event, now);
  const { rollout: next } = decision;
  return isFinal(next) || next.restoring ? { ...decision, rollout: closeHooks(next, now) } : decision;
}

const over = (rollout: Rollout): HookedDecision => ({ rollout, actions: [{ do: 'finish' }] });
const isBefore = ({ hooks: { before }, state }: Rollout): boolean =>
  before !== undefined && !isEnded(before.state) && state === 'pending';

function decideBefore(rollout: Rollout, event: RolloutEvent | HookEvent, now: Date): HookedDecision {
  switch (event.type) {
    case 'superseded':
    case 'refused':
      return decideRollout(rollout, event, now);
    case 'command': {
      const { rollout: next, actions } = decideRollout(rollout, event, now);
      return isFinal(next) ? { rollout: next, actions } : run(next, 'before', now);
    }
    case 'hooked': {
      const next = event.hook === 'before' ? report(rollout, event, now) : rollout;
      const { state, message } = next.hooks.before ?? {};
      if (state === 'failed')
        return decideRollout(next, { type: 'refused', message: `Before the rollout: ${message}` }, now);
      return state === 'succeeded' ? decideRollout(next, { type: 'started' }, now) : run(next, 'before', now);
    }
    default:
      return run(rollout, 'before', now);
  }
}

function decideAfter(rollout: Rollout, event: RolloutEvent | HookEvent, now: Date): HookedDecision {
  if (event.type === 'hooked') {
    const isOpen = event.hook === 'after' && rollout.hooks.after?.state === 'running' && !rollout.restoring;
    if (!isOpen) return { rollout, actions: [{ do: 'observe' }] };
    const next = report(rollout, event, now);
    const { state, message } = next.hooks.after ?? {};
    if (state === 'failed')
      return decideRollout(next, { type: 'refused', message: `After the rollout: ${message}` }, now);
    return state === 'succeeded' ? { rollout: next, actions: [{ do: 'observe' }] } : run(next, 'after', now);
  }
  const decision = decideRollout(rollout, event, now);
  const { after } = rollout.hooks;
  const isPromoted = decision.actions.some((action) => action.do === 'promote');
  if (!isPromoted || !after || after.state === 'succeeded') return decision;
  const steps = isInPlace(rollout.plan) ? decision.rollout.steps : rollout.steps;
  return run({ ...rollout, steps }, 'after', now);
}

function run(rollout: Rollout, hook: HookName, now: Date): HookedDecision {
  const given = rollout.hooks[hook];
  const actions = [{ do: 'hook', hook }] as const;
  if (!given || given.state === 'running') return { rollout, actions };
  return { rollout: withHook(rollout, hook, { ...given, state: 'running', startedAt: now.toISOString() }), actions };
}

function report(rollout: Rollout, { hook, outcome }: HookEvent, now: Date): Rollout {
  const given = rollout.hooks[hook];
  if (!given || isEnded(given.state)) return rollout;
  const isLate =
    outcome.state === 'running' &&
    given.startedAt !== null &&
    now.getTime() > Date.parse(given.startedAt) + (given.timeoutSeconds + graceSeconds) * 1000;
  const state: StepState = isLate ? 'failed' : outcome.state;
  const late = `not done within ${given.timeoutSeconds} s. ${outcome.message ?? ''}`.trim();
  const [step = given] = changeNamed([given], given.name, state, isLate ? late : outcome.message, now);
  return withHook(rollout, hook, { ...given, ...step, uid: outcome.uid ?? given.uid });
}

const withHook = (rollout: Rollout, hook: HookName, run: HookRun): Rollout => ({
  ...rollout,
  hooks: { ...rollout.hooks, [hook]: run },
});

/** What never ran is skipped; what was running is not known to have succeeded. */
function closeHooks(rollout: Rollout, now: Date): Rollout {
  const close = (given: HookRun | undefined): HookRun | undefined => {
    if (!given || isEnded(given.state)) return given;
    const [step = given] = endSteps([given], 'skipped', now);
    return { ...given, ...step };
  };
  const { before, after } = rollout.hooks;
  const hooks: HookRuns = {
    ...(before ? { before: close(before) } : {}),
    ...(after ? { after: close(after) } : {}),
  };
  return { ...rollout, hooks };
}
