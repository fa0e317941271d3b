import type { AnalysisPlan, AnalysisRun, Background } from './analysis/analysis.rules.js';
import {
  beginAnalyses,
  type Counted,
  closeAnalyses,
  explainRun,
  findCandidateGap,
  isGateStep,
  measureAnalyses,
  runOf,
  waiveBackground,
} from './analysis/rollout-analysis.rules.js';
import { beginExperiment, findUnreadyTemplate, hasBegun } from './experiment.rules.js';
import type { HookRuns } from './hooks/hook.rules.js';
import {
  describeProcess,
  explainDeadline,
  type ObservedProcess,
  stepDeadlineSeconds,
} from './observed-process.rules.js';
import type { Taken } from './probes/probe.rules.js';
import {
  changeAt,
  changeNamed,
  countNames,
  endSteps,
  isEnded,
  type Step,
  type StepState,
  toPendingStep,
} from './steps.rules.js';
import {
  backgroundOf,
  type CandidateScale,
  goesBackOf,
  type HeaderRoute,
  type MirrorRoute,
  nameStep,
  type PlannedStep,
  planSteps,
  polledOf,
  rolling,
  type Strategy,
  stickyByOf,
  whole,
  withHeaderRoute,
  withMirrorRoute,
} from './strategy.rules.js';
import { isInPlace } from './target.rules.js';

export type { Step } from './steps.rules.js';
export { type Target, targetOf } from './target.rules.js';

export type RolloutState = 'pending' | 'progressing' | 'paused' | 'healthy' | 'failed' | 'aborted';
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
  /** What fails in place is taken back by itself. */
  readonly goesBack: boolean;
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
  /** What is found out in the background, from which planned step on. */
  readonly background: Background | null;
  /** The web hooks that are asked beside the steps. */
  readonly polled: Background | null;
  readonly analyses: readonly AnalysisRun[];
  /** What is done before and after it: see hooks/hook.rules.ts */
  readonly hooks: HookRuns;
  readonly deadlineAt: string | null;
  readonly error: string | null;
}

/** `settings`: scaling or domains have changed, so what there is, is written anew. */
export type Command = 'promote' | 'promote-full' | 'pause' | 'resume' | 'abort' | 'settings';

export type RolloutEvent =
  | { readonly type: 'started' }
  | { readonly type: 'applied' }
  | { readonly type: 'refused'; readonly message: string }
  /** The processes that the target names: all of the stable slot, those of the candidate, and the templates of an experiment. */
  | {
      readonly type: 'observed';
      readonly processes: readonly ObservedProcess[];
      readonly candidate?: readonly ObservedProcess[];
      readonly experiment?: readonly ObservedProcess[];
    }
  /** What the gateway has counted so far (null where that could not be had), and what else was measured. */
  | ({ readonly type: 'measured'; readonly taken?: readonly Taken[] } & Counted)
  | { readonly type: 'command'; readonly command: Command }
  /** Another took its place; `isHeldBack`: one that has not begun, and waits for a person or for room. */
  | { readonly type: 'superseded'; readonly by: string; readonly isHeldBack?: boolean };

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

export const applyStep = 'apply';
export const restoreStep = 'restore';
const processStep = (name: string): string => `process ${name}`;

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
    goesBack: hasPrevious && goesBackOf(strategy),
    plan,
    index: 0,
    candidate: noCandidate,
    stickyBy: stickyByOf(strategy),
    held: false,
    pausedUntil: null,
    steps: names.map(toPendingStep),
    background: backgroundOf(strategy, hasPrevious),
    polled: polledOf(strategy, hasPrevious),
    analyses: [],
    hooks: {},
    deadlineAt: null,
    error: null,
  };
}

export const isFinal = (rollout: Pick<Rollout, 'state'>): boolean =>
  rollout.state === 'healthy' || rollout.state === 'failed' || rollout.state === 'aborted';

/**
 * The whole life of a rollout:
 *
 *     pending → progressing ⇄ paused → healthy
 *                   └─ abort, refused, crash, deadline, analysis → restoring → aborted, failed
 *
 * Where nothing stood before, or going back was switched off, what fails in place fails at once and stays as it is.
 * A final rollout does not change, but for the abort of one that stayed so. An event may come twice: the second one
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
      return rollout.state === 'pending'
        ? finish(rollout, 'failed', event.message, now)
        : goBack(rollout, event.message, now);
    case 'observed':
      // What was seen before it began says nothing about it.
      if (rollout.state === 'pending') return start(rollout, now);
      return observed(rollout, event, now);
    case 'measured':
      return measured(rollout, event, now);
    case 'superseded':
      return giveWay(rollout, event, now);
  }
}

/** What took its place takes its users over; where that has not begun, they go back first: nobody would watch the candidate any more. */
function giveWay(
  rollout: Rollout,
  { by, isHeldBack }: Extract<RolloutEvent, { type: 'superseded' }>,
  now: Date,
): Decision {
  const why = `Rollout ${by} took its place.`;
  const hasBegun = rollout.state !== 'pending' && rollout.hasPrevious;
  if (!isHeldBack || !hasBegun || isFinal(rollout)) return finish(rollout, 'aborted', why, now);
  return rollout.restoring ? { rollout, actions: [{ do: 'apply' }] } : restore(rollout, `${abortedError} ${why}`, now);
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
  const analyses = beginAnalyses(rollout, index, now);
  const begun: Rollout = { ...rollout, index, steps, analyses, deadlineAt, pausedUntil: null };
  const change = (candidate: Partial<Candidate>): Rollout => ({
    ...begun,
    candidate: { ...begun.candidate, ...candidate },
  });
  switch (step.do) {
    case 'update':
    case 'recreate':
    case 'experiment':
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
    case 'analysis':
      return { ...begun, deadlineAt: null };
    case 'promote':
      // Whoever promotes past all steps may do so before any pod was there.
      return change({ isUp: true, scale: { by: 'percent', percent: 100 } });
  }
}

/** Ends the step in work and begins the next. */
function leave(rollout: Rollout, now: Date): Rollout {
  const steps = changeAt(rollout.steps, rollout.index, 'succeeded', null, now);
  const analyses = closeAnalyses(rollout, 'inconclusive', now, rollout.index);
  return enter({ ...rollout, steps, analyses, state: 'progressing' }, rollout.index + 1, now);
}

type Measured = Extract<RolloutEvent, { type: 'measured' }>;

/** What was measured decides at once only where the candidate is worse. */
function measured(rollout: Rollout, { taken, ...counted }: Measured, now: Date): Decision {
  if (rollout.restoring || rollout.state === 'pending') return { rollout, actions: [{ do: 'observe' }] };
  const next = { ...rollout, analyses: measureAnalyses(rollout, counted, now, taken) };
  const failed = next.analyses.find(({ verdict, finishedAt }) => verdict === 'fail' && finishedAt === null);
  return failed
    ? restore(next, failed.reason ?? 'The analysis failed.', now)
    : { rollout: next, actions: [{ do: 'observe' }] };
}

type Observed = Extract<RolloutEvent, { type: 'observed' }>;

function observed(rollout: Rollout, event: Observed, now: Date): Decision {
  const { processes: stable, candidate = [], experiment = [] } = event;
  if (rollout.restoring) return observedRestoring(rollout, stable, now);
  if (isInPlace(rollout.plan)) return observedInPlace(rollout, stable, now);
  const failed = [...candidate, ...(rollout.candidate.hasWorkers ? stable : [])].find(({ failure }) => failure);
  if (failed) return restore(rollout, `${failed.name}: ${failed.failure}`, now);
  const step = rollout.plan[rollout.index];
  const broken = step?.do === 'experiment' && experiment.find(({ failure }) => failure);
  if (broken) return restore(rollout, `experiment ${broken.name}: ${broken.failure}`, now);
  const waiting = step && findUnready(step, rollout, event);
  if (waiting === undefined && step && !rollout.held) return passed(rollout, step, now);
  if (waiting && isOverdue(rollout, now)) return restore(rollout, explainDeadline(waiting), now);
  const message = waiting ? `${waiting.name}: ${describeProcess(waiting)}` : null;
  const steps = changeAt(rollout.steps, rollout.index, 'running', message, now);
  const state = rollout.held ? 'paused' : rollout.state;
  return { rollout: { ...rollout, state, steps }, actions: [{ do: 'observe' }] };
}

/** What the step still waits for among the processes. */
function findUnready(
  step: PlannedStep,
  rollout: Rollout,
  { processes: stable, candidate = [], experiment = [] }: Observed,
): ObservedProcess | undefined {
  if (step.do === 'pause' || step.do === 'analysis') return undefined;
  if (step.do === 'experiment') return hasBegun(rollout) ? undefined : findUnreadyTemplate(step, experiment);
  const awaited = step.do === 'promote' && rollout.candidate.hasWorkers ? [...candidate, ...stable] : candidate;
  return awaited.find((process) => !process.complete);
}

/** What the step waited for is there. */
function passed(rollout: Rollout, step: PlannedStep, now: Date): Decision {
  const { candidate } = rollout;
  if (step.do === 'pause') {
    const isOver = rollout.pausedUntil !== null && now.getTime() >= Date.parse(rollout.pausedUntil);
    if (!isOver) return { rollout, actions: [{ do: 'observe' }] };
  }
  if (step.do === 'experiment' && !hasBegun(rollout)) return beginExperiment(rollout, step, now);
  if (step.do === 'analysis' || step.do === 'experiment') {
    const run = runOf(rollout, rollout.index);
    if (run?.verdict === 'inconclusive') return doubt(rollout, step.plan, run.reason ?? '', now);
    if (run?.verdict !== 'pass') {
      const steps = changeAt(rollout.steps, rollout.index, 'running', explainRun(rollout, run), now);
      const state = isGateStep(step) ? 'paused' : 'progressing';
      return { rollout: { ...rollout, state, steps }, actions: [{ do: 'observe' }] };
    }
  }
  const gap = findCandidateGap(rollout, step, now);
  if (gap !== undefined && rollout.background) return doubt(rollout, rollout.background.plan, gap, now);
  if (step.do === 'promote') {
    if (candidate.weight < whole || !candidate.hasWorkers) {
      const next = { ...candidate, weight: whole, hasWorkers: true, headerRoutes: [], mirrorRoutes: [] };
      return { rollout: { ...rollout, state: 'progressing', candidate: next }, actions: [{ do: 'apply' }] };
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
    steps = changeNamed(steps, processStep(process.name), state, process.failure ?? describeProcess(process), now);
  }
  const next = { ...rollout, steps };
  const failed = processes.find((process) => process.failure !== undefined);
  if (failed) return goBack(next, `${failed.name}: ${failed.failure}`, now);
  if (processes.every((process) => process.complete)) {
    const healthy = finish(next, 'healthy', null, now);
    return { rollout: healthy.rollout, actions: [{ do: 'promote' }, ...healthy.actions] };
  }
  if (isOverdue(rollout, now)) {
    return goBack(next, explainDeadline(processes.find((process) => !process.complete)), now);
  }
  return { rollout: next, actions: [{ do: 'observe' }] };
}

/** Nothing is known of the candidate: as asked it is taken back, or waits where it is, for more to be known or for an operator. */
function doubt(rollout: Rollout, { onInconclusive }: AnalysisPlan, why: string, now: Date): Decision {
  if (onInconclusive === 'abort') return restore(rollout, `Inconclusive. ${why}`, now);
  const state = onInconclusive === 'hold' ? 'paused' : 'progressing';
  const steps = changeAt(rollout.steps, rollout.index, 'running', `Inconclusive. ${why}`, now);
  return { rollout: { ...rollout, state, steps }, actions: [{ do: 'observe' }] };
}

/** What an operator asks. What does not fit the state changes nothing. */
function obey(rollout: Rollout, command: Command, now: Date): Decision {
  if (command === 'abort') return abort(rollout, now);
  const unchanged: Decision = { rollout, actions: [{ do: isFinal(rollout) ? 'finish' : 'apply' }] };
  if (isFinal(rollout) || rollout.restoring || isInPlace(rollout.plan) || command === 'settings') return unchanged;
  if (rollout.state === 'pending') {
    const held = command === 'pause' || (rollout.held && command !== 'resume');
    return { rollout: { ...rollout, held }, actions: [{ do: 'apply' }] };
  }
  const { do: doing } = rollout.plan[rollout.index] ?? {};
  const isAtPause = doing === 'pause' || doing === 'analysis' || doing === 'experiment';
  switch (command) {
    case 'pause':
      return { rollout: { ...rollout, held: true, state: 'paused' }, actions: [{ do: 'observe' }] };
    case 'resume':
      return {
        rollout: { ...rollout, held: false, state: isAtPause && doing !== 'experiment' ? 'paused' : 'progressing' },
        actions: [{ do: 'observe' }],
      };
    case 'promote': {
      const step = rollout.plan[rollout.index];
      const isDoubted = step && findCandidateGap(rollout, step, now) !== undefined;
      const analyses = isDoubted ? waiveBackground(rollout) : rollout.analyses;
      const released = { ...rollout, held: false, analyses };
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
      const analyses = waiveBackground({
        ...rollout,
        analyses: closeAnalyses(rollout, 'inconclusive', now, rollout.index),
      });
      const next: Rollout = { ...rollout, held: false, state: 'progressing', steps, analyses };
      return { rollout: enter(next, last, now), actions: [{ do: 'apply' }] };
    }
  }
}

/** An abort puts the release before back. Without one there is nothing to put back: the rollout just ends. */
function abort(rollout: Rollout, now: Date): Decision {
  if (rollout.state === 'healthy' || rollout.state === 'aborted') return { rollout, actions: [{ do: 'finish' }] };
  if (rollout.restoring) return { rollout, actions: [{ do: 'apply' }] };
  if (rollout.state === 'failed' && isOnPrevious(rollout)) return { rollout, actions: [{ do: 'finish' }] };
  if (rollout.state === 'pending' || !rollout.hasPrevious) return finish(rollout, 'aborted', 'Aborted.', now);
  return restore(rollout, rollout.error === null ? abortedError : `${abortedError} ${rollout.error}`, now);
}

/** Is the release before, whatever failed, the one that stands? */
export const isOnPrevious = ({ plan, steps, state }: Rollout): boolean =>
  state === 'aborted' || !isInPlace(plan) || steps.some(({ name }) => name === restoreStep);

/** What failed is taken back, unless there is nothing to go back to or that was switched off. */
function goBack(rollout: Rollout, error: string, now: Date): Decision {
  const stays = isInPlace(rollout.plan) && !rollout.goesBack;
  return stays ? finish(rollout, 'failed', error, now) : restore(rollout, error, now);
}

const abortedError = 'Aborted: the release before was put back.';
const isAborted = (error: string | null): boolean => error?.startsWith(abortedError) === true;

/** All traffic goes to the release before, at once; then the rollout ends. */
function restore(rollout: Rollout, error: string, now: Date): Decision {
  const rest: StepState = isAborted(error) ? 'skipped' : 'failed';
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
    analyses: closeAnalyses(rollout, 'inconclusive', now),
    deadlineAt,
    error,
  };
  return { rollout: next, actions: [{ do: 'apply' }] };
}

/** How a rollout ends that is being taken back: aborted by somebody, or failed by itself. */
function endOf(rollout: Rollout): RolloutState {
  return isAborted(rollout.error) ? 'aborted' : 'failed';
}

function finish(rollout: Rollout, state: RolloutState, error: string | null, now: Date): Decision {
  const rest: StepState = state === 'failed' ? 'failed' : state === 'healthy' ? 'succeeded' : 'skipped';
  const steps = endSteps(
    rollout.restoring ? changeNamed(rollout.steps, restoreStep, 'succeeded', null, now) : rollout.steps,
    rest,
    now,
  );
  const analyses = closeAnalyses(rollout, state === 'healthy' ? 'pass' : 'inconclusive', now);
  return {
    rollout: { ...rollout, state, restoring: false, held: false, pausedUntil: null, steps, analyses, error },
    actions: [{ do: 'finish' }],
  };
}

function isOverdue({ deadlineAt }: Rollout, now: Date): boolean {
  return deadlineAt !== null && now.getTime() > Date.parse(deadlineAt);
}
