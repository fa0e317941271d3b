import type { ExperimentStep } from '../experiment.rules.js';
import type { Taken } from '../probes/probe.rules.js';
import type { Rollout } from '../rollouts.rules.js';
import type { PlannedStep } from '../strategy.rules.js';
import {
  type AnalysisPlan,
  type AnalysisRun,
  closeRun,
  findGap,
  findProbeDoubt,
  findShort,
  isBlind,
  measure,
  type SyntheticTraffic,
  startRun,
  type Verdict,
} from './analysis.rules.js';
import type { Readings } from './readings.rules.js';

type Analysed = Pick<Rollout, 'plan' | 'background' | 'polled' | 'analyses'>;

/** The run of the web hooks that are asked all the time; those of the background are of no step either. */
const polledStep = -1;

/** The run of a planned step; of the background: null. */
export const runOf = ({ analyses }: Analysed, step: number | null): AnalysisRun | undefined =>
  analyses.findLast((run) => run.step === step);

/** Is there something to measure? */
export const hasOpenAnalyses = ({ analyses, restoring }: Pick<Rollout, 'analyses' | 'restoring'>): boolean =>
  !restoring && analyses.some(({ finishedAt }) => finishedAt === null);

/** How many analyses share the rate of false alarms of a rollout: those that compare. At least 1. */
export function comparisonsIn({ plan, background }: Pick<Rollout, 'plan' | 'background'>): number {
  const plans = plan.flatMap((step) => (step.do === 'analysis' || step.do === 'experiment' ? [step.plan] : []));
  const all = background ? [...plans, background.plan] : plans;
  return Math.max(1, all.filter(({ metrics }) => metrics.length > 0).length);
}

/** The runs, with what begins with the planned step `index`. */
export function beginAnalyses(rollout: Analysed, index: number, now: Date): readonly AnalysisRun[] {
  const { plan, background, polled, analyses } = rollout;
  const all = comparisonsIn(rollout);
  const isDue = background && index >= background.startsAt && !runOf(rollout, null);
  const step = plan[index];
  return [
    ...analyses,
    ...(polled && !runOf(rollout, polledStep) ? [startRun(polled.plan, polledStep, all, now)] : []),
    ...(isDue ? [startRun(background.plan, null, all, now)] : []),
    ...(step?.do === 'analysis' ? [startRun(step.plan, index, all, now)] : []),
  ];
}

/** What was counted: of the two slots, and of the experiment that is under way. */
export interface Counted {
  readonly readings: Readings | null;
  readonly experiment?: Readings | null;
}

export function measureAnalyses(
  rollout: Analysed,
  { readings, experiment = null }: Counted,
  now: Date,
  taken: readonly Taken[] = [],
): readonly AnalysisRun[] {
  return rollout.analyses.map((run) => {
    const plan = planOf(rollout, run);
    return plan ? measure(run, plan, experimentOf(rollout, run) ? experiment : readings, now, taken) : run;
  });
}

/** Whose series are to be read now: of the slots, of an experiment, or of both. */
export function findCounted(rollout: Analysed): { readonly slots: boolean; readonly experiment?: ExperimentStep } {
  const open = rollout.analyses.filter(({ finishedAt, metrics }) => finishedAt === null && metrics.length > 0);
  const experiments = open.map((run) => experimentOf(rollout, run));
  return { slots: experiments.includes(undefined), experiment: experiments.find((each) => each !== undefined) };
}

function experimentOf({ plan }: Analysed, { step }: AnalysisRun): ExperimentStep | undefined {
  const planned = step === null ? undefined : plan[step];
  return planned?.do === 'experiment' ? planned : undefined;
}

/** Ends the runs of one planned step, or all of them; `verdict` is for those that have none. */
export function closeAnalyses(
  { analyses }: Analysed,
  verdict: Verdict,
  now: Date,
  step?: number,
): readonly AnalysisRun[] {
  return analyses.map((run) => {
    if (step !== undefined && run.step !== step) return run;
    return closeRun(run, run.isWaived ? 'inconclusive' : verdict, now);
  });
}

/** An operator goes on without a verdict of the background's. */
export const waiveBackground = ({ analyses }: Analysed): readonly AnalysisRun[] =>
  analyses.map((run) => (run.step === null ? { ...run, isWaived: true } : run));

/**
 * Why the candidate may not have more traffic yet: a weight is not raised while nothing can be measured, and nothing is promoted
 * that too few have tried.
 */
export function findCandidateGap(rollout: Rollout, step: PlannedStep, now: Date): string | undefined {
  const run = runOf(rollout, null);
  if (!run || !rollout.background || run.isWaived || run.finishedAt) return undefined;
  if (step.do === 'promote' && rollout.candidate.weight < 1000) return findGap(run, rollout.background.plan, now);
  const isRaised = step.do === 'setWeight' && step.weight > rollout.candidate.weight;
  if (!isRaised) return undefined;
  const { plan } = rollout.background;
  return isBlind(run, now) ? findGap(run, plan, now) : findProbeDoubt(run, plan);
}

/** Does one of its analyses send requests of its own? Then the candidate has a door for them. */
export const hasSyntheticTraffic = ({ plan, background }: Pick<Rollout, 'plan' | 'background'>): boolean =>
  background?.plan.syntheticTraffic !== undefined ||
  plan.some((step) => step.do === 'analysis' && step.plan.syntheticTraffic !== undefined);

/**
 * The requests that are to be sent now, and to whom: where a step's time is over, or the background holds the rollout back, and too
 * few requests have come by themselves.
 */
export function findSyntheticTraffic(
  rollout: Rollout,
  now: Date,
): (SyntheticTraffic & ReturnType<typeof findShort>) | undefined {
  const step = rollout.plan[rollout.index];
  if (!step || rollout.restoring || rollout.held) return undefined;
  const run = runOf(rollout, step.do === 'analysis' ? rollout.index : null);
  const plan = run && planOf(rollout, run);
  if (!run || !plan?.syntheticTraffic || run.finishedAt !== null || run.isWaived) return undefined;
  const isDue =
    plan.windowSeconds === null
      ? findCandidateGap(rollout, step, now) !== undefined
      : now.getTime() - Date.parse(run.startedAt) >= plan.windowSeconds * 1000;
  const short = findShort(run, plan);
  return isDue && (short.candidate || short.stable) ? { ...plan.syntheticTraffic, ...short } : undefined;
}

/** What an analysis that is under way is waiting for. */
export function explainRun(rollout: Analysed, run: AnalysisRun | undefined): string | null {
  const awaited = run?.probes.filter(({ verdict, successful }) => verdict === 'running' && successful === 0) ?? [];
  const isGate = run && run.step !== null && isGateStep(rollout.plan[run.step]);
  if (!isGate || awaited.length === 0) return run?.reason ?? null;
  const names = awaited.map(({ name, measurements }) =>
    [name, measurements.at(-1)?.message].filter(Boolean).join(': '),
  );
  return `Waits for ${names.join('; ')}`;
}

/** Somebody else's word is waited for. */
export const isGateStep = (step: PlannedStep | undefined): boolean =>
  step?.do === 'analysis' && (step.gate === 'confirm-rollout' || step.gate === 'confirm-promotion');

/** The probes of the runs that are not over, with what each of them is by its plan. */
export function openProbes(rollout: Pick<Rollout, 'restoring'> & Analysed) {
  if (rollout.restoring) return [];
  return rollout.analyses.flatMap((run) => {
    const plan = run.finishedAt === null && run.verdict !== 'pass' ? planOf(rollout, run) : undefined;
    return run.probes.flatMap((each, index) => {
      const probe = plan?.probes[index];
      return probe ? [{ step: run.step, startedAt: run.startedAt, run: each, probe }] : [];
    });
  });
}

function planOf({ plan, background, polled }: Analysed, run: AnalysisRun): AnalysisPlan | undefined {
  if (run.step === null) return background?.plan;
  if (run.step === polledStep) return polled?.plan;
  const step = plan[run.step];
  return step?.do === 'analysis' || step?.do === 'experiment' ? step.plan : undefined;
}
