import { type OwnMetric, planProbe } from '../probes/own-metrics.rules.js';
import {
  findDoubt,
  isSettled,
  measuredIn,
  type Probe,
  type ProbeRun,
  recordProbe,
  startProbe,
  type Taken,
} from '../probes/probe.rules.js';
import { addOverdue, countOverdue, keepLooks, type Overdue, toWaitingLook, type WaitingLook } from './overdue.rules.js';
import {
  added,
  boundFrom,
  failuresIn,
  latest,
  type Readings,
  requestsIn,
  slowBound,
  slowIn,
} from './readings.rules.js';
import { type Evidence, noEvidence, oddsOf, weigh } from './sequential.rules.js';

/** What is measured: from the gateway's series, in Flagger's words, or with a provider, in Argo's. */
export interface Metric extends OwnMetric {
  /** Of a success rate the least percent, of a duration the most milliseconds that 99 % of the requests may take. */
  readonly thresholdRange?: { readonly min?: number; readonly max?: number };
}

export const gatewayMetrics = ['request-success-rate', 'request-duration'] as const;

export interface GatewayMetric extends Pick<Metric, 'thresholdRange'> {
  readonly name: (typeof gatewayMetrics)[number];
}

export interface Analysis {
  readonly metrics: readonly Metric[];
  /** A step of analysis takes `interval` × `count`: seconds, or a text such as `10s`, `1m`. */
  readonly interval?: number | string;
  readonly count?: number;
  /** With fewer requests to the candidate nothing passes. */
  readonly minimumSamples?: number;
  /** The chance that a candidate which is as good as the stable release is taken back, over the whole rollout. */
  readonly falseAlarmRate?: number;
  readonly onInconclusive?: WhenInconclusive;
  /** With `synthetic`: what is asked. */
  readonly syntheticTraffic?: Partial<SyntheticTraffic>;
}

/** Where nothing can be said: an operator is waited for, it goes on, it goes on with requests of our own, or it goes back. */
export type WhenInconclusive = 'hold' | 'extend' | 'synthetic' | 'abort';

/** Requests of our own to both releases. */
export interface SyntheticTraffic {
  readonly path: string;
  /** To both together. */
  readonly requestsPerSecond: number;
}

export interface BackgroundAnalysis extends Analysis {
  /** The step (from 0) at which it begins. */
  readonly startingStep?: number;
}

/** What is to be found out, with all that was left unsaid. */
export interface AnalysisPlan {
  readonly metrics: readonly GatewayMetric[];
  readonly probes: readonly Probe[];
  /** Null: as long as the rollout goes on. */
  readonly windowSeconds: number | null;
  readonly minimumSamples: number;
  readonly falseAlarmRate: number;
  readonly onInconclusive: WhenInconclusive;
  /** Sent where too few requests come by themselves. */
  readonly syntheticTraffic?: SyntheticTraffic;
}

/** What is found out beside the steps, from which planned step on. */
export interface Background {
  readonly plan: AnalysisPlan;
  readonly startsAt: number;
}

export type Verdict = 'running' | 'pass' | 'fail' | 'inconclusive';

interface Tally {
  readonly requests: number;
  readonly bad: number;
}

/** Totals since the analysis began, for a chart. */
export interface Point {
  readonly at: string;
  readonly candidate: Tally;
  readonly stable: Tally;
  /** The odds against chance. */
  readonly odds: number;
}

export interface MetricRun {
  readonly name: GatewayMetric['name'];
  readonly verdict: Verdict;
  readonly reason: string | null;
  readonly candidate: Tally;
  readonly stable: Tally;
  /** Above so many seconds a request is slow. */
  readonly slowSeconds: number | null;
  /** At these odds against chance it fails. */
  readonly oddsToFail: number;
  /** Of what takes too long: what waits for an answer, and what was counted of it. */
  readonly waiting?: { readonly candidate: Waiting; readonly stable: Waiting };
  readonly versusStable: Evidence;
  readonly versusThreshold: Evidence;
  readonly points: readonly Point[];
}

interface Waiting {
  readonly looks: readonly WaitingLook[];
  /** When the looking began. */
  readonly before: number;
  readonly counted?: Overdue;
}

export interface AnalysisRun {
  /** The planned step; null in the background. */
  readonly step: number | null;
  readonly startedAt: string;
  /** Of the last measurement that told something. */
  readonly measuredAt: string | null;
  readonly last: Readings | null;
  readonly verdict: Verdict;
  readonly reason: string | null;
  /** An operator went on without a verdict. */
  readonly isWaived: boolean;
  readonly finishedAt: string | null;
  readonly metrics: readonly MetricRun[];
  readonly probes: readonly ProbeRun[];
}

/** So long the series may be away before nothing is judged any more. */
const awaySeconds = 15;
const mostPoints = 120;
const pointsOfSpan = 60;
/** Of 100 requests so many may be slower than `thresholdRange.max`: it is the 99th percentile. */
const slowShare = 0.01;

export function planAnalysis(analysis: Analysis, windowSeconds: number | null): AnalysisPlan {
  const { metrics, minimumSamples = 50, falseAlarmRate = 0.01, onInconclusive = 'hold' } = analysis;
  return {
    metrics: metrics.flatMap(toGatewayMetric),
    probes: metrics.flatMap((metric) => planProbe(metric) ?? []),
    windowSeconds,
    minimumSamples,
    falseAlarmRate,
    onInconclusive,
    ...(onInconclusive === 'synthetic' ? { syntheticTraffic: { ...usualTraffic, ...analysis.syntheticTraffic } } : {}),
  };
}

const usualTraffic: SyntheticTraffic = { path: '/', requestsPerSecond: 10 };

function toGatewayMetric({ name: asked, thresholdRange }: Metric): GatewayMetric[] {
  const name = gatewayMetrics.find((each) => each === asked);
  return name ? [{ name, ...(thresholdRange ? { thresholdRange } : {}) }] : [];
}

/** The rate of false alarms is one for the rollout: each of its `analyses` has its part, and each criterion in it. */
export function startRun(plan: AnalysisPlan, step: number | null, analyses: number, now: Date): AnalysisRun {
  const criteria = plan.metrics.reduce((sum, metric) => sum + (limitOf(metric) === undefined ? 1 : 2), 0);
  return {
    step,
    startedAt: now.toISOString(),
    measuredAt: null,
    last: null,
    verdict: 'running',
    reason: null,
    isWaived: false,
    finishedAt: null,
    metrics: plan.metrics.map((metric) => ({
      name: metric.name,
      verdict: 'running',
      reason: null,
      candidate: { requests: 0, bad: 0 },
      stable: { requests: 0, bad: 0 },
      slowSeconds: null,
      oddsToFail: (analyses * criteria) / plan.falseAlarmRate,
      versusStable: noEvidence,
      versusThreshold: noEvidence,
      points: [],
    })),
    probes: plan.probes.map(startProbe),
  };
}

/**
 * One look. The first one only says where the counters stand. What has failed has failed; what ended inconclusive may still
 * fail, for traffic goes on. `readings` is null where the series could not be had, `taken` are measurements of its probes.
 */
export function measure(
  run: AnalysisRun,
  plan: AnalysisPlan,
  readings: Readings | null,
  now: Date,
  taken: readonly Taken[] = [],
): AnalysisRun {
  if (run.verdict === 'fail' || run.verdict === 'pass' || run.finishedAt) return run;
  const probed = { ...run, probes: recordProbes(run, plan, taken) };
  const next = readings && run.metrics.length > 0 ? look(probed, plan, readings, now) : probed;
  const failed = [...next.metrics, ...next.probes].find(({ verdict }) => verdict === 'fail');
  if (failed) return { ...next, verdict: 'fail', reason: failed.reason };
  if (next.verdict === 'inconclusive' || plan.windowSeconds === null) return next;
  const doubt = findProbeDoubt(next, plan);
  if (doubt !== undefined) return leaveOpen(next, plan, doubt);
  if (now.getTime() - Date.parse(run.startedAt) < plan.windowSeconds * 1000) return next;
  const isAwaited = probesOf(next, plan).some(([each, probe]) => !hasMeasured(each, probe));
  return isAwaited ? next : conclude(next, plan, readings !== null, now);
}

const probesOf = (run: AnalysisRun, plan: AnalysisPlan): readonly (readonly [ProbeRun, Probe])[] =>
  run.probes.flatMap((each, index) => {
    const probe = plan.probes[index];
    return probe ? [[each, probe] as const] : [];
  });

/** What goes on as long as the analysis was measured once at least. */
const hasMeasured = (run: ProbeRun, probe: Probe): boolean =>
  isSettled(run, probe) || (probe.count === null && !probe.untilSuccess && measuredIn(run) > 0);

const recordProbes = (run: AnalysisRun, plan: AnalysisPlan, taken: readonly Taken[]): readonly ProbeRun[] =>
  probesOf(run, plan).map(([each, probe]) =>
    taken
      .filter(({ step, name }) => step === run.step && name === each.name)
      .reduce((before, one) => recordProbe(before, probe, one), each),
  );

/** Why one of the probes can say nothing. */
export const findProbeDoubt = (run: AnalysisRun, plan: AnalysisPlan): string | undefined =>
  probesOf(run, plan)
    .map(([each, probe]) => findDoubt(each, probe))
    .find((doubt) => doubt !== undefined);

/** What can be said at the end of the window. A short absence of the series is waited for. */
function conclude(run: AnalysisRun, plan: AnalysisPlan, isMeasured: boolean, now: Date): AnalysisRun {
  if (run.metrics.length > 0 && !isMeasured && !isBlind(run, now)) return run;
  const gap = findGap(run, plan, now);
  if (gap === undefined) {
    const metrics = run.metrics.map((metric) => ({ ...metric, verdict: 'pass' as const }));
    const probes = run.probes.map((probe) => ({ ...probe, verdict: 'pass' as const }));
    return { ...run, verdict: 'pass', reason: null, metrics, probes };
  }
  return leaveOpen(run, plan, gap);
}

/** Nothing can be said; where it is to be extended it goes on. */
function leaveOpen(run: AnalysisRun, plan: AnalysisPlan, gap: string): AnalysisRun {
  if (plan.onInconclusive === 'extend' || plan.onInconclusive === 'synthetic') return { ...run, reason: gap };
  const metrics = run.metrics.map((metric) => ({ ...metric, verdict: 'inconclusive' as const, reason: gap }));
  return { ...run, verdict: 'inconclusive', reason: gap, metrics };
}

/** Which of the releases has answered too few requests for a verdict. */
export function findShort(
  run: AnalysisRun,
  plan: AnalysisPlan,
): { readonly candidate: boolean; readonly stable: boolean } {
  const isShort = ({ requests }: Tally) => requests < plan.minimumSamples;
  return {
    candidate: run.metrics.some(({ candidate }) => isShort(candidate)),
    stable: run.metrics.some(({ stable }, index) => limitOf(plan.metrics[index]) === undefined && isShort(stable)),
  };
}

/** Why nothing can be said yet. */
export function findGap(run: AnalysisRun, plan: AnalysisPlan, now: Date): string | undefined {
  if (isBlind(run, now)) return 'The series of the gateway cannot be read: nothing is known of the candidate.';
  for (const [index, metric] of run.metrics.entries()) {
    const { name, candidate, stable } = metric;
    if (candidate.requests < plan.minimumSamples)
      return `${name}: the candidate answered fewer than ${plan.minimumSamples} requests.`;
    const hasLimit = limitOf(plan.metrics[index]) !== undefined;
    if (!hasLimit && stable.requests < plan.minimumSamples)
      return `${name}: the stable release answered fewer than ${plan.minimumSamples} requests at the same time.`;
  }
  const unknown = run.probes.find((probe) => measuredIn(probe) === 0);
  return findProbeDoubt(run, plan) ?? (unknown && `${unknown.name}: was not measured yet.`);
}

/** Has it been without measurements for too long? */
export const isBlind = (run: AnalysisRun, now: Date): boolean =>
  run.metrics.length > 0 && now.getTime() - Date.parse(run.measuredAt ?? run.startedAt) > awaySeconds * 1000;

export function closeRun(run: AnalysisRun, verdict: Verdict, now: Date): AnalysisRun {
  if (run.finishedAt) return run;
  const final = run.verdict === 'running' ? verdict : run.verdict;
  // Where one metric has failed, the others were not looked at to their end.
  const ofOthers = final === 'fail' ? 'inconclusive' : final;
  const metrics = run.metrics.map((each) => (each.verdict === 'running' ? { ...each, verdict: ofOthers } : each));
  const probes = run.probes.map((each) => (each.verdict === 'running' ? { ...each, verdict: ofOthers } : each));
  return { ...run, verdict: final, metrics, probes, finishedAt: now.toISOString() };
}

function look(run: AnalysisRun, plan: AnalysisPlan, readings: Readings, now: Date): AnalysisRun {
  const { last } = run;
  const measured = { ...run, measuredAt: now.toISOString() };
  if (!last) {
    const metrics = run.metrics.map((metric, index) => {
      const spec = plan.metrics[index];
      return { ...metric, slowSeconds: (spec && findSlowSeconds(spec, readings, plan)) ?? null };
    });
    return { ...measured, last: readings, metrics: metrics.map((metric) => lookAtWaiting(metric, readings, now)) };
  }
  const fresh = {
    candidate: added(last.candidate, readings.candidate),
    stable: added(last.stable, readings.stable),
  };
  const metrics = run.metrics.map((metric, index) => {
    const spec = plan.metrics[index];
    return spec && metric.verdict !== 'fail'
      ? weighMetric(metric, spec, { last, fresh, readings }, plan, run, now)
      : metric;
  });
  const stand = {
    candidate: latest(last.candidate, readings.candidate),
    stable: latest(last.stable, readings.stable),
  };
  return { ...measured, last: stand, metrics };
}

interface Seen {
  /** Where the counters stood at the look before. */
  readonly last: Readings;
  readonly fresh: Readings;
  readonly readings: Readings;
}

/** With what waits now, where the gateway tells. */
function lookAtWaiting(metric: MetricRun, readings: Readings, now: Date): MetricRun {
  if (metric.name !== 'request-duration') return metric;
  const side = (which: keyof Readings): Waiting => {
    const before = metric.waiting?.[which];
    const next = toWaitingLook(readings[which], now);
    const looks = keepLooks(before?.looks ?? [], next, metric.slowSeconds ?? 0);
    return { ...before, looks, before: before?.before ?? next?.waiting ?? 0 };
  };
  return { ...metric, waiting: { candidate: side('candidate'), stable: side('stable') } };
}

/** What a look adds to a side, with what is overdue of it. */
function withOverdue(fresh: Tally, waiting: Waiting | undefined, slowSeconds: number | undefined) {
  if (!waiting || slowSeconds === undefined) return { tally: fresh, waiting };
  const { tally, known } = addOverdue(fresh, countOverdue(waiting.looks, slowSeconds), waiting.counted, waiting.before);
  return { tally, waiting: known ? { ...waiting, counted: known } : waiting };
}

function weighMetric(
  known: MetricRun,
  spec: GatewayMetric,
  { last, fresh, readings }: Seen,
  plan: AnalysisPlan,
  run: AnalysisRun,
  now: Date,
): MetricRun {
  // Chosen from what was before: a bound that followed from what it judges would not be a fair one.
  const slowSeconds = known.slowSeconds ?? findSlowSeconds(spec, last, plan);
  const metric = lookAtWaiting({ ...known, slowSeconds: slowSeconds ?? null }, readings, now);
  const sideOf = (which: 'candidate' | 'stable') =>
    withOverdue(tallyOf(metric.name, fresh[which], slowSeconds), metric.waiting?.[which], slowSeconds);
  const [{ tally: candidate, waiting: ofCandidate }, { tally: stable, waiting: ofStable }] = [
    sideOf('candidate'),
    sideOf('stable'),
  ];
  const requests = candidate.requests + stable.requests;
  const versusStable = weigh(metric.versusStable, {
    events: candidate.bad + stable.bad,
    hits: candidate.bad,
    expected: requests === 0 ? 1 : candidate.requests / requests,
  });
  const limit = limitOf(spec);
  const versusThreshold =
    limit === undefined
      ? metric.versusThreshold
      : weigh(metric.versusThreshold, { events: candidate.requests, hits: candidate.bad, expected: limit });
  const next: MetricRun = {
    ...metric,
    ...(ofCandidate && ofStable ? { waiting: { candidate: ofCandidate, stable: ofStable } } : {}),
    candidate: plus(metric.candidate, candidate),
    stable: plus(metric.stable, stable),
    versusStable,
    versusThreshold,
  };
  const odds = oddsOfMetric(next);
  const isWorse = odds >= metric.oddsToFail;
  const points = requests === 0 ? metric.points : withPoint(next, odds, run, now, isWorse);
  return isWorse ? { ...next, points, verdict: 'fail', reason: explain(next, spec, odds) } : { ...next, points };
}

function findSlowSeconds(spec: GatewayMetric, last: Readings, plan: AnalysisPlan): number | undefined {
  if (spec.name === 'request-success-rate') return undefined;
  const most = spec.thresholdRange?.max;
  return most === undefined
    ? slowBound(last.stable, Math.max(20, plan.minimumSamples))
    : (boundFrom(last.stable, most / 1000) ?? boundFrom(last.candidate, most / 1000));
}

function tallyOf(
  name: GatewayMetric['name'],
  counters: Readings['stable'],
  slowSeconds: number | undefined | null,
): Tally {
  if (name === 'request-success-rate') return { requests: requestsIn(counters), bad: failuresIn(counters) };
  if (slowSeconds === undefined || slowSeconds === null) return { requests: 0, bad: 0 };
  const { requests, slow } = slowIn(counters, slowSeconds);
  return { requests, bad: slow };
}

/** The share of bad requests that a threshold allows (0…1); undefined where there is none. */
function limitOf(metric: GatewayMetric | undefined): number | undefined {
  const { min, max } = metric?.thresholdRange ?? {};
  if (metric?.name === 'request-success-rate') return min === undefined ? undefined : 1 - min / 100;
  return max === undefined ? undefined : slowShare;
}

const plus = (a: Tally, b: Tally): Tally => ({ requests: a.requests + b.requests, bad: a.bad + b.bad });

/** The odds against chance, of the comparison that speaks more against the candidate. */
export const oddsOfMetric = ({ versusStable, versusThreshold }: MetricRun): number =>
  Math.max(oddsOf(versusStable), oddsOf(versusThreshold));

/** Some sixty points whatever the length; those that decide are always among them. */
function withPoint(metric: MetricRun, odds: number, run: AnalysisRun, now: Date, isLast: boolean): readonly Point[] {
  const { points, candidate, stable } = metric;
  const before = points.at(-1);
  const span = now.getTime() - Date.parse(run.startedAt);
  const isDue = !before || now.getTime() - Date.parse(before.at) >= span / pointsOfSpan;
  if (!isDue && !isLast) return points;
  const kept = points.length < mostPoints ? points : points.filter((_, index) => index % 2 === 0);
  return [...kept, { at: now.toISOString(), candidate, stable, odds: Math.round(odds * 1000) / 1000 }];
}

function explain(metric: MetricRun, spec: GatewayMetric, odds: number): string {
  const { name, candidate, stable, slowSeconds, oddsToFail } = metric;
  const bad = name === 'request-success-rate' ? 'failed' : `took longer than ${slowSeconds} s`;
  const limit = limitOf(spec);
  const isByLimit = limit !== undefined && oddsOf(metric.versusThreshold) >= oddsToFail;
  const beside = isByLimit
    ? `${Number((limit * 100).toFixed(3))} % may at most`
    : `of the stable release ${stable.bad} of ${stable.requests} at the same time`;
  const against = `the odds against chance are ${round(odds)} : 1, the bound is ${round(oddsToFail)} : 1`;
  return `${name}: ${candidate.bad} of ${candidate.requests} requests to the candidate ${bad}, ${beside}; ${against}.`;
}

const round = (odds: number): string => Math.round(Math.min(odds, 1e9)).toLocaleString('en');
