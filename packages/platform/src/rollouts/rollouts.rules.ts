import {
  type CandidateScale,
  type HeaderRoute,
  type MirrorRoute,
  nameStep,
  type PlannedStep,
  planSteps,
  rolling,
  type Strategy,
  stickyByOf,
  whole,
} from './strategy.rules.js';

export type RolloutState = 'pending' | 'progressing' | 'paused' | 'healthy' | 'failed' | 'aborted';
export type StepState = 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped';

export interface Step {
  readonly name: string;
  readonly state: StepState;
  readonly message: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** What is decided about the release that comes; `target` makes of it what the cluster shall have. Weights are thousandths. */
export interface Candidate {
  readonly isUp: boolean;
  readonly scale: CandidateScale;
  readonly weight: number;
  readonly headerRoutes: readonly HeaderRoute[];
  readonly mirrorRoutes: readonly MirrorRoute[];
  /** Processes without a port follow the candidate. */
  readonly hasWorkers: boolean;
}

/** A rollout as it is decided upon. `restoring`: it failed or was aborted and the release before is being put back. */
export interface Rollout {
  readonly state: RolloutState;
  readonly restoring: boolean;
  readonly hasPrevious: boolean;
  readonly plan: readonly PlannedStep[];
  /** The planned step in work. */
  readonly index: number;
  readonly candidate: Candidate;
  /** What keeps a user with one release: `cookie:<name>`, `header:<name>` or `gateway`. */
  readonly stickyBy: string | null;
  /** An operator holds it where it is. */
  readonly held: boolean;
  readonly pausedUntil: string | null;
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

export type Command = 'promote' | 'promote-full' | 'pause' | 'resume' | 'abort';

export type RolloutEvent =
  | { readonly type: 'started' }
  | { readonly type: 'applied' }
  | { readonly type: 'refused'; readonly message: string }
  /** The processes that the target names: all of the stable slot, and those of the candidate. */
  | {
      readonly type: 'observed';
      readonly processes: readonly ObservedProcess[];
      readonly candidate?: readonly ObservedProcess[];
    }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'superseded'; readonly by: string };

export type RolloutAction =
  /** Bring the cluster to `targetOf` the rollout; report `applied` or `refused`. */
  | { readonly do: 'apply' }
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

/** What the cluster shall have. `next` is the release that is rolled out, `previous` the one before it. */
export interface Target {
  /** Of the stable slot. */
  readonly stable: 'previous' | 'next';
  /** Of the processes without a port. */
  readonly workers: 'previous' | 'next';
  /** What the free slot has of `next`; undefined: nothing. */
  readonly candidate?: { readonly scale: CandidateScale; readonly weight: number };
  /** Thousandths of the traffic that go to the candidate. */
  readonly weight: number;
  readonly headerRoutes: readonly HeaderRoute[];
  readonly mirrorRoutes: readonly MirrorRoute[];
  /** The old pods end before the new ones begin. */
  readonly recreates: boolean;
  readonly stickyBy?: string | null;
}

export const applyStep = 'apply';
export const restoreStep = 'restore';
const processStep = (name: string): string => `process ${name}`;

const stepDeadlineSeconds = 600;
const noCandidate: Candidate = {
  isUp: false,
  scale: { by: 'weight' },
  weight: 0,
  headerRoutes: [],
  mirrorRoutes: [],
  hasWorkers: false,
};

/** A new rollout; its steps are known before it starts, so that they can be shown. */
export function planRollout(processes: readonly string[], hasPrevious: boolean, strategy: Strategy = rolling): Rollout {
  const plan = planSteps(strategy, hasPrevious);
  const names = isInPlace(plan) ? [applyStep, ...processes.map(processStep)] : countNames(plan.map(nameStep));
  return {
    state: 'pending',
    restoring: false,
    hasPrevious,
    plan,
    index: 0,
    candidate: noCandidate,
    stickyBy: stickyByOf(strategy),
    held: false,
    pausedUntil: null,
    steps: names.map(toPendingStep),
    deadlineAt: null,
    error: null,
  };
}

export const isFinal = (rollout: Pick<Rollout, 'state'>): boolean =>
  rollout.state === 'healthy' || rollout.state === 'failed' || rollout.state === 'aborted';

const isInPlace = (plan: readonly PlannedStep[]): boolean => plan[0]?.do === 'update' || plan[0]?.do === 'recreate';

export function targetOf(rollout: Rollout): Target {
  const { candidate, plan, restoring } = rollout;
  const recreates = plan[0]?.do === 'recreate';
  if (restoring || isInPlace(plan)) {
    const release = restoring ? 'previous' : 'next';
    return { stable: release, workers: release, weight: 0, headerRoutes: [], mirrorRoutes: [], recreates };
  }
  return {
    stable: 'previous',
    workers: candidate.hasWorkers ? 'next' : 'previous',
    candidate: candidate.isUp ? { scale: candidate.scale, weight: scaleWeight(rollout) } : undefined,
    weight: candidate.weight,
    headerRoutes: candidate.headerRoutes,
    mirrorRoutes: candidate.mirrorRoutes,
    recreates,
    stickyBy: rollout.stickyBy,
  };
}

/** Pods come before the traffic that they are for. */
function scaleWeight({ candidate, plan, index }: Rollout): number {
  const step = plan[index];
  return step?.do === 'setWeight' ? Math.max(candidate.weight, step.weight) : candidate.weight;
}

/**
 * The whole life of a rollout:
 *
 *     pending → progressing ⇄ paused → healthy
 *                   │ └─ in place: refused, crash, deadline → failed
 *                   └─ abort, or a candidate that fails → restoring → aborted, failed
 *
 * A final rollout does not change, but for the abort of one that failed in place. An event may come twice: the second one
 * decides the same actions, which are idempotent.
 */
export function decide(rollout: Rollout, event: RolloutEvent, now: Date): Decision {
  if (event.type === 'command') return obey(rollout, event.command, now);
  if (isFinal(rollout)) return { rollout, actions: [{ do: 'finish' }] };
  switch (event.type) {
    case 'started':
      return start(rollout, now);
    case 'applied':
      return applied(rollout, now);
    case 'refused':
      if (rollout.restoring) return finish(rollout, endOf(rollout), event.message, now);
      return isInPlace(rollout.plan) || rollout.state === 'pending'
        ? finish(rollout, 'failed', event.message, now)
        : restore(rollout, event.message, now);
    case 'observed':
      // What was seen before it began says nothing about it.
      if (rollout.state === 'pending') return start(rollout, now);
      return observed(rollout, event.processes, event.candidate ?? [], now);
    case 'superseded':
      return finish(rollout, 'aborted', `Rollout ${event.by} took its place.`, now);
  }
}

function start(rollout: Rollout, now: Date): Decision {
  if (rollout.restoring || rollout.state !== 'pending') return { rollout, actions: [{ do: 'apply' }] };
  return { rollout: enter({ ...rollout, state: 'progressing' }, 0, now), actions: [{ do: 'apply' }] };
}

function applied(rollout: Rollout, now: Date): Decision {
  let { steps } = rollout;
  if (rollout.restoring) steps = changeNamed(steps, restoreStep, 'running', null, now);
  else if (isInPlace(rollout.plan)) {
    steps = changeNamed(steps, applyStep, 'succeeded', null, now);
    for (const { name, state } of steps)
      if (state === 'pending') steps = changeNamed(steps, name, 'running', null, now);
  }
  return { rollout: { ...rollout, steps }, actions: [{ do: 'observe' }] };
}

/** Begins the step `index`, and each after it, until one has to be waited for. */
function enter(rollout: Rollout, index: number, now: Date): Rollout {
  const step = rollout.plan[index];
  if (!step) return rollout;
  const steps = isInPlace(rollout.plan)
    ? changeNamed(rollout.steps, applyStep, 'running', null, now)
    : changeAt(rollout.steps, index, 'running', null, now);
  const deadlineAt = new Date(now.getTime() + stepDeadlineSeconds * 1000).toISOString();
  const begun: Rollout = { ...rollout, index, steps, deadlineAt, pausedUntil: null };
  const change = (candidate: Partial<Candidate>): Rollout => ({
    ...begun,
    candidate: { ...begun.candidate, ...candidate },
  });
  switch (step.do) {
    case 'update':
    case 'recreate':
      return begun;
    case 'prepare':
      return change({ isUp: true, scale: step.scale });
    case 'setScale':
      return change({ scale: step.scale });
    case 'setWeight':
      return step.weight <= begun.candidate.weight ? leave(change({ weight: step.weight }), now) : begun;
    case 'setHeaderRoute':
      return leave(change({ headerRoutes: withHeaderRoute(begun.candidate.headerRoutes, step.route) }), now);
    case 'setMirrorRoute':
      return leave(change({ mirrorRoutes: withMirrorRoute(begun.candidate.mirrorRoutes, step.route) }), now);
    case 'pause': {
      const until = step.seconds === null ? null : new Date(now.getTime() + step.seconds * 1000).toISOString();
      return { ...begun, state: 'paused', pausedUntil: until, deadlineAt: null };
    }
    case 'promote':
      return change({ scale: { by: 'percent', percent: 100 } });
  }
}

/** Ends the step in work and begins the next. */
function leave(rollout: Rollout, now: Date): Rollout {
  const steps = changeAt(rollout.steps, rollout.index, 'succeeded', null, now);
  return enter({ ...rollout, steps, state: 'progressing' }, rollout.index + 1, now);
}

function withHeaderRoute(routes: readonly HeaderRoute[], route: HeaderRoute): readonly HeaderRoute[] {
  const others = routes.filter(({ name }) => name !== route.name);
  return route.match.length > 0 ? [...others, route] : others;
}

function withMirrorRoute(routes: readonly MirrorRoute[], route: MirrorRoute): readonly MirrorRoute[] {
  const others = routes.filter(({ name }) => name !== route.name);
  return route.percentage > 0 ? [...others, route] : others;
}

function observed(
  rollout: Rollout,
  stable: readonly ObservedProcess[],
  candidate: readonly ObservedProcess[],
  now: Date,
): Decision {
  if (rollout.restoring) return observedRestoring(rollout, stable, now);
  if (isInPlace(rollout.plan)) return observedInPlace(rollout, stable, now);
  const failed = [...candidate, ...(rollout.candidate.hasWorkers ? stable : [])].find(({ failure }) => failure);
  if (failed) return restore(rollout, `${failed.name}: ${failed.failure}`, now);
  const step = rollout.plan[rollout.index];
  const waiting = step && findUnready(step, rollout, stable, candidate);
  if (waiting === undefined && step && !rollout.held) return passed(rollout, step, now);
  if (waiting && isOverdue(rollout, now)) return restore(rollout, explainDeadline(waiting), now);
  const message = waiting ? `${waiting.name}: ${describe(waiting)}` : null;
  const steps = changeAt(rollout.steps, rollout.index, 'running', message, now);
  const state = rollout.held ? 'paused' : rollout.state;
  return { rollout: { ...rollout, state, steps }, actions: [{ do: 'observe' }] };
}

/** What the step still waits for among the processes. */
function findUnready(
  step: PlannedStep,
  { candidate: { hasWorkers } }: Rollout,
  stable: readonly ObservedProcess[],
  candidate: readonly ObservedProcess[],
): ObservedProcess | undefined {
  if (step.do === 'pause') return undefined;
  const awaited = step.do === 'promote' && hasWorkers ? [...candidate, ...stable] : candidate;
  return awaited.find((process) => !process.complete);
}

/** What the step waited for is there. */
function passed(rollout: Rollout, step: PlannedStep, now: Date): Decision {
  const { candidate } = rollout;
  if (step.do === 'pause') {
    const isOver = rollout.pausedUntil !== null && now.getTime() >= Date.parse(rollout.pausedUntil);
    if (!isOver) return { rollout, actions: [{ do: 'observe' }] };
  }
  if (step.do === 'promote') {
    if (candidate.weight < whole || !candidate.hasWorkers) {
      const next = { ...candidate, weight: whole, hasWorkers: true, headerRoutes: [], mirrorRoutes: [] };
      return { rollout: { ...rollout, candidate: next }, actions: [{ do: 'apply' }] };
    }
    const healthy = finish(rollout, 'healthy', null, now);
    return { rollout: healthy.rollout, actions: [{ do: 'promote' }, ...healthy.actions] };
  }
  const weight = step.do === 'setWeight' ? step.weight : candidate.weight;
  return { rollout: leave({ ...rollout, candidate: { ...candidate, weight } }, now), actions: [{ do: 'apply' }] };
}

function observedRestoring(rollout: Rollout, stable: readonly ObservedProcess[], now: Date): Decision {
  if (isOverdue(rollout, now) || stable.every((process) => process.complete))
    return finish(rollout, endOf(rollout), rollout.error, now);
  return { rollout, actions: [{ do: 'observe' }] };
}

function observedInPlace(rollout: Rollout, processes: readonly ObservedProcess[], now: Date): Decision {
  let steps = rollout.steps;
  for (const process of processes) {
    const state: StepState = process.failure ? 'failed' : process.complete ? 'succeeded' : 'running';
    steps = changeNamed(steps, processStep(process.name), state, process.failure ?? describe(process), now);
  }
  const next = { ...rollout, steps };
  const failed = processes.find((process) => process.failure !== undefined);
  if (failed) return finish(next, 'failed', `${failed.name}: ${failed.failure}`, now);
  if (processes.every((process) => process.complete)) {
    const healthy = finish(next, 'healthy', null, now);
    return { rollout: healthy.rollout, actions: [{ do: 'promote' }, ...healthy.actions] };
  }
  if (isOverdue(rollout, now)) {
    return finish(next, 'failed', explainDeadline(processes.find((process) => !process.complete)), now);
  }
  return { rollout: next, actions: [{ do: 'observe' }] };
}

/** What an operator asks. What does not fit the state changes nothing. */
function obey(rollout: Rollout, command: Command, now: Date): Decision {
  if (command === 'abort') return abort(rollout, now);
  const unchanged: Decision = { rollout, actions: [{ do: isFinal(rollout) ? 'finish' : 'apply' }] };
  if (isFinal(rollout) || rollout.restoring || isInPlace(rollout.plan)) return unchanged;
  if (rollout.state === 'pending') {
    const held = command === 'pause' || (rollout.held && command !== 'resume');
    return { rollout: { ...rollout, held }, actions: [{ do: 'apply' }] };
  }
  const isAtPause = rollout.plan[rollout.index]?.do === 'pause';
  switch (command) {
    case 'pause':
      return { rollout: { ...rollout, held: true, state: 'paused' }, actions: [{ do: 'observe' }] };
    case 'resume':
      return {
        rollout: { ...rollout, held: false, state: isAtPause ? 'paused' : 'progressing' },
        actions: [{ do: 'observe' }],
      };
    case 'promote': {
      const released = { ...rollout, held: false };
      if (isAtPause) return { rollout: leave(released, now), actions: [{ do: 'apply' }] };
      return { rollout: { ...released, state: 'progressing' }, actions: [{ do: 'observe' }] };
    }
    case 'promote-full': {
      const last = rollout.plan.length - 1;
      if (rollout.index === last) return unchanged;
      const steps = rollout.steps.map((step, index) =>
        index >= rollout.index && index < last && !isEnded(step.state)
          ? { ...step, state: 'skipped' as const, finishedAt: now.toISOString() }
          : step,
      );
      const next: Rollout = { ...rollout, held: false, state: 'progressing', steps };
      return { rollout: enter(next, last, now), actions: [{ do: 'apply' }] };
    }
  }
}

/** An abort puts the release before back. Without one there is nothing to put back: the rollout just ends. */
function abort(rollout: Rollout, now: Date): Decision {
  if (rollout.state === 'healthy' || rollout.state === 'aborted') return { rollout, actions: [{ do: 'finish' }] };
  if (rollout.restoring) return { rollout, actions: [{ do: 'apply' }] };
  if (rollout.state === 'failed' && !isInPlace(rollout.plan)) return { rollout, actions: [{ do: 'finish' }] };
  if (rollout.state === 'pending' || !rollout.hasPrevious) return finish(rollout, 'aborted', 'Aborted.', now);
  return restore(rollout, rollout.error ?? abortedError, now);
}

const abortedError = 'Aborted: the release before was put back.';

/** All traffic goes to the release before, at once; then the rollout ends. */
function restore(rollout: Rollout, error: string, now: Date): Decision {
  const rest: StepState = error === abortedError ? 'skipped' : 'failed';
  const steps = [
    ...endSteps(rollout.steps, rest, now),
    { ...toPendingStep(restoreStep), state: 'running' as const, startedAt: now.toISOString() },
  ];
  const deadlineAt = new Date(now.getTime() + stepDeadlineSeconds * 1000).toISOString();
  const next: Rollout = {
    ...rollout,
    state: 'progressing',
    restoring: true,
    candidate: noCandidate,
    held: false,
    pausedUntil: null,
    steps,
    deadlineAt,
    error,
  };
  return { rollout: next, actions: [{ do: 'apply' }] };
}

/** How a rollout ends that is being taken back: aborted by somebody, or failed by itself. */
function endOf(rollout: Rollout): RolloutState {
  return isInPlace(rollout.plan) || rollout.error === abortedError ? 'aborted' : 'failed';
}

function finish(rollout: Rollout, state: RolloutState, error: string | null, now: Date): Decision {
  const rest: StepState = state === 'failed' ? 'failed' : state === 'healthy' ? 'succeeded' : 'skipped';
  const steps = endSteps(
    rollout.restoring ? changeNamed(rollout.steps, restoreStep, 'succeeded', null, now) : rollout.steps,
    rest,
    now,
  );
  return {
    rollout: { ...rollout, state, restoring: false, held: false, pausedUntil: null, steps, error },
    actions: [{ do: 'finish' }],
  };
}

function isOverdue({ deadlineAt }: Rollout, now: Date): boolean {
  return deadlineAt !== null && now.getTime() > Date.parse(deadlineAt);
}

function explainDeadline(late: ObservedProcess | undefined): string {
  const why = late ? `${late.name}: ${late.waiting ?? describe(late)}` : 'it made no progress';
  return `Not ready within ${stepDeadlineSeconds / 60} minutes. ${why}`;
}

function describe(process: ObservedProcess): string {
  const ready = `${process.available} of ${process.desired} ready`;
  return process.waiting ? `${ready}; ${process.waiting}` : ready;
}

function toPendingStep(name: string): Step {
  return { name, state: 'pending', message: null, startedAt: null, finishedAt: null };
}

/** A name that comes again gets its number: steps are told apart by their names. */
function countNames(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

const isEnded = (state: StepState): boolean => state === 'succeeded' || state === 'failed' || state === 'skipped';

function changeNamed(steps: readonly Step[], name: string, state: StepState, message: string | null, now: Date) {
  return steps.map((step) => (step.name === name ? changeStep(step, state, message, now) : step));
}

function changeAt(steps: readonly Step[], at: number, state: StepState, message: string | null, now: Date) {
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

/** Closes what is open: running steps as told, those that never began as skipped. */
function endSteps(steps: readonly Step[], running: StepState, now: Date): readonly Step[] {
  return steps.map((step) => {
    if (isEnded(step.state)) return step;
    return { ...step, state: step.state === 'pending' ? 'skipped' : running, finishedAt: now.toISOString() };
  });
}
