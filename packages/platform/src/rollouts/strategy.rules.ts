import type { RouteMatch } from '../applications/application-scopes.service.js';
import {
  type Analysis,
  type AnalysisPlan,
  type Background,
  type BackgroundAnalysis,
  planAnalysis,
} from './analysis/analysis.rules.js';
import { parseSeconds } from './duration.rules.js';
import { type Experiment, type ExperimentStep, planExperimentStep } from './experiment.rules.js';
import { planProbe } from './probes/own-metrics.rules.js';
import type { Probe } from './probes/probe.rules.js';
import { planGate, planPolled, type StrategyHook } from './probes/web-hooks.rules.js';
import { type HeaderMatch, type RequestMatch, toArgoMatch, toRouteMatches } from './request-matches.rules.js';

/** One step of a canary, in the words and fields of Argo Rollouts. A step has exactly one of the fields. */
export interface CanaryStep {
  /** Percent of the traffic, to a tenth. */
  readonly setWeight?: number;
  /** Seconds, or a text such as `90s`, `10m`, `1h`; without one it waits for a promotion. */
  readonly pause?: { readonly duration?: number | string };
  readonly setCanaryScale?: {
    readonly replicas?: number;
    readonly weight?: number;
    readonly matchTrafficWeight?: boolean;
  };
  /** Requests that match go to the candidate whatever the weight; without a match the route of that name is taken away. */
  readonly setHeaderRoute?: { readonly name: string; readonly match?: readonly HeaderMatch[] };
  /** A share of the requests is sent to the candidate as well; without a percentage that is taken away. */
  readonly setMirrorRoute?: { readonly name: string; readonly percentage?: number };
  /** The candidate is compared with the stable release for `interval` × `count` before it goes on. */
  readonly analysis?: Analysis;
  /** Pods of both releases are started beside the slots, measured and removed before it goes on. */
  readonly experiment?: Experiment;
}

/** Flagger's web hooks. */
interface Hooked {
  readonly webhooks?: readonly StrategyHook[];
}

export interface CanaryStrategy extends Hooked {
  readonly type: 'canary';
  readonly steps: readonly CanaryStep[];
  /** In the background of the steps, to the end. */
  readonly analysis?: BackgroundAnalysis;
  readonly stickyBy?: string;
  readonly scaleDownDelaySeconds?: number;
}

export interface BlueGreenStrategy extends Hooked {
  readonly type: 'blueGreen';
  readonly autoPromotionEnabled?: boolean;
  readonly autoPromotionSeconds?: number;
  readonly previewReplicaCount?: number;
  /** Before the traffic changes over, and after that: the stable release waits beside it until then. */
  readonly prePromotionAnalysis?: Analysis;
  readonly postPromotionAnalysis?: Analysis;
  readonly scaleDownDelaySeconds?: number;
}

/** Users who match one of `match` are on the candidate, for `duration` or until it is promoted. */
export interface AbTestStrategy extends Hooked {
  readonly type: 'abTest';
  readonly match: readonly RequestMatch[];
  readonly duration?: number | string;
  /** After `duration`: promoted (the default), or it waits for that. */
  readonly autoPromotionEnabled?: boolean;
  /** Pods of the candidate; by default as many as the stable release has. */
  readonly replicas?: number;
  readonly scaleDownDelaySeconds?: number;
}

/** A share of the requests goes to the candidate too, whose answers nobody sees, for `duration` or until it is promoted. */
export interface MirrorStrategy extends Hooked {
  readonly type: 'mirror';
  readonly percentage: number;
  readonly duration?: number | string;
  /** After `duration`: promoted (the default), or it waits for that. */
  readonly autoPromotionEnabled?: boolean;
  /** Pods of the candidate; by default as its share of the traffic asks for. */
  readonly replicas?: number;
  readonly scaleDownDelaySeconds?: number;
}

/** The Deployment is changed in place. */
export interface InPlaceStrategy {
  readonly type: 'rolling' | 'recreate';
  /** What cannot start is taken back by itself; default: yes. */
  readonly rollbackOnFailure?: boolean;
}

export type Strategy = InPlaceStrategy | TwoSlotStrategy;
export type TwoSlotStrategy = BlueGreenStrategy | CanaryStrategy | AbTestStrategy | MirrorStrategy;

export const rolling: Strategy = { type: 'rolling' };

/** Do two releases stand side by side for a while? */
export const hasTwoSlots = (strategy: Strategy): strategy is TwoSlotStrategy =>
  strategy.type !== 'rolling' && strategy.type !== 'recreate';

export const goesBackOf = (strategy: Strategy): boolean =>
  hasTwoSlots(strategy) || strategy.rollbackOnFailure !== false;

/** So long the pods of the release before stay for a quick way back. */
export const scaleDownDelayOf = (strategy: Strategy): number =>
  hasTwoSlots(strategy) ? (strategy.scaleDownDelaySeconds ?? 30) : 0;

export const stickyByOf = (strategy: Strategy): string | null =>
  strategy.type === 'canary' ? (strategy.stickyBy ?? null) : null;

/** What is looked at while the steps go on, and the planned step from which on; null where nothing is. */
export function backgroundOf(strategy: Strategy, hasStable: boolean): Background | null {
  if (!hasStable || strategy.type !== 'canary' || !strategy.analysis) return null;
  const startsAt = (strategy.analysis.startingStep ?? 0) + planLead(strategy).length + 1;
  return { plan: planAnalysis(strategy.analysis, null), startsAt };
}

/** The web hooks that are asked all the time; null where there are none. */
export function polledOf(strategy: Strategy, hasStable: boolean): Background | null {
  if (!hasStable || !hasTwoSlots(strategy)) return null;
  const probes = planPolled(strategy.webhooks ?? [], planLead(strategy).length + 1);
  return probes.length > 0 ? { plan: planProbes(probes, null), startsAt: 0 } : null;
}

/** How many pods of each process that listens the candidate has. */
export type CandidateScale =
  /** As many as its share of the traffic asks for. */
  | { readonly by: 'weight' }
  | { readonly by: 'replicas'; readonly replicas: number }
  /** Percent of the stable release's. */
  | { readonly by: 'percent'; readonly percent: number };

/** Requests that match one of `matches` go to the candidate; none takes the route away. */
export interface HeaderRoute {
  readonly name: string;
  readonly matches: readonly RouteMatch[];
}

export interface MirrorRoute {
  readonly name: string;
  readonly percentage: number;
}

/** What is done, one after the other. Weights are thousandths. */
export type PlannedStep =
  /** The stable slot is changed in place, by Kubernetes' own rolling update. */
  | { readonly do: 'update' }
  | { readonly do: 'recreate' }
  /** The candidate comes up in the free slot, without traffic. */
  | { readonly do: 'prepare'; readonly scale: CandidateScale; readonly hasPreview?: boolean }
  | { readonly do: 'setWeight'; readonly weight: number }
  | { readonly do: 'setScale'; readonly scale: CandidateScale }
  | { readonly do: 'setHeaderRoute'; readonly route: HeaderRoute }
  | { readonly do: 'setMirrorRoute'; readonly route: MirrorRoute }
  | { readonly do: 'pause'; readonly seconds: number | null }
  /** `gate`: a web hook has to agree. */
  | { readonly do: 'analysis'; readonly plan: AnalysisPlan; readonly gate?: Gate }
  /** Pods beside the slots, which no user meets. */
  | ExperimentStep
  /** The candidate takes all traffic and becomes the stable release. */
  | { readonly do: 'promote' };

type Gate = 'confirm-rollout' | 'pre-rollout' | 'confirm-promotion';

export const whole = 1000;
const everything: CandidateScale = { by: 'percent', percent: 100 };
const byWeight: CandidateScale = { by: 'weight' };

/** The steps of a strategy. Where nothing stands yet there is nothing to compare with: the release is just brought up. */
export function planSteps(strategy: Strategy, hasStable: boolean): readonly PlannedStep[] {
  if (!hasStable) return [{ do: 'update' }];
  if (!hasTwoSlots(strategy)) return [{ do: strategy.type === 'recreate' ? 'recreate' : 'update' }];
  const { prepare, middle } = planMiddle(strategy);
  return [
    ...planHooks(strategy, 'confirm-rollout'),
    prepare,
    ...planHooks(strategy, 'pre-rollout'),
    ...middle,
    ...planHooks(strategy, 'confirm-promotion'),
    ...planSwitch(strategy),
    { do: 'promote' },
  ];
}

interface Middle {
  readonly prepare: PlannedStep;
  readonly middle: readonly PlannedStep[];
}

function planMiddle(strategy: TwoSlotStrategy): Middle {
  switch (strategy.type) {
    case 'blueGreen':
      return planBlueGreen(strategy);
    case 'abTest':
      return planAbTest(strategy);
    case 'mirror':
      return planMirror(strategy);
    case 'canary':
      return { prepare: { do: 'prepare', scale: firstScale(strategy.steps) }, middle: strategy.steps.map(planStep) };
  }
}

/** The gates around the preparation. */
const planLead = (strategy: TwoSlotStrategy): readonly PlannedStep[] => [
  ...planHooks(strategy, 'confirm-rollout'),
  ...planHooks(strategy, 'pre-rollout'),
];

function planHooks({ webhooks = [] }: TwoSlotStrategy, gate: Gate): readonly PlannedStep[] {
  const probes = planGate(webhooks, gate);
  return probes.length > 0 ? [{ do: 'analysis', plan: planProbes(probes, 0), gate }] : [];
}

/** Web hooks are never in doubt: what does not answer has not agreed. */
const planProbes = (probes: readonly Probe[], windowSeconds: number | null): AnalysisPlan => {
  return { ...planAnalysis({ metrics: [] }, windowSeconds), probes };
};

function planBlueGreen(strategy: BlueGreenStrategy): Middle {
  const { previewReplicaCount, autoPromotionEnabled = true, autoPromotionSeconds, prePromotionAnalysis } = strategy;
  const preview: CandidateScale =
    previewReplicaCount === undefined ? everything : { by: 'replicas', replicas: previewReplicaCount };
  const pause: readonly PlannedStep[] =
    autoPromotionEnabled && autoPromotionSeconds === undefined
      ? []
      : [{ do: 'pause', seconds: autoPromotionSeconds ?? null }];
  const before = prePromotionAnalysis ? [planStep({ analysis: prePromotionAnalysis })] : [];
  return { prepare: { do: 'prepare', scale: preview, hasPreview: true }, middle: [...before, ...pause] };
}

/** Where the release is looked at with all traffic, the one before is stable until then. */
function planSwitch(strategy: TwoSlotStrategy): readonly PlannedStep[] {
  if (strategy.type !== 'blueGreen' || !strategy.postPromotionAnalysis) return [];
  return [
    { do: 'setScale', scale: everything },
    { do: 'setWeight', weight: whole },
    planStep({ analysis: strategy.postPromotionAnalysis }),
  ];
}

function planAbTest({ match, duration, autoPromotionEnabled, replicas }: AbTestStrategy): Middle {
  const route = { name: 'ab-test', matches: match.flatMap(toRouteMatches) };
  return {
    prepare: { do: 'prepare', scale: replicas === undefined ? everything : { by: 'replicas', replicas } },
    middle: [{ do: 'setHeaderRoute', route }, ...planTrial(duration, autoPromotionEnabled, [])],
  };
}

function planMirror(strategy: MirrorStrategy): Middle {
  const { percentage, duration, autoPromotionEnabled, replicas } = strategy;
  const name = 'mirror';
  return {
    prepare: {
      do: 'prepare',
      scale: replicas === undefined ? { by: 'percent', percent: percentage } : { by: 'replicas', replicas },
    },
    middle: [
      { do: 'setMirrorRoute', route: { name, percentage } },
      ...planTrial(duration, autoPromotionEnabled, [{ do: 'setMirrorRoute', route: { name, percentage: 0 } }]),
    ],
  };
}

/** So long it lasts; then `end`, and where it is not promoted by itself, somebody's word. Without a duration, that alone. */
function planTrial(
  duration: number | string | undefined,
  autoPromotionEnabled = true,
  end: readonly PlannedStep[],
): readonly PlannedStep[] {
  const asked: PlannedStep = { do: 'pause', seconds: null };
  if (duration === undefined) return [asked];
  const trial: PlannedStep = { do: 'pause', seconds: parseSeconds(duration) ?? null };
  return [trial, ...(autoPromotionEnabled ? [] : [...end, asked])];
}

/** A canary whose first word is its scale starts with that scale. */
function firstScale(steps: readonly CanaryStep[]): CandidateScale {
  const [first] = steps;
  return first?.setCanaryScale ? toScale(first.setCanaryScale) : byWeight;
}

function planStep(step: CanaryStep): PlannedStep {
  if (step.setWeight !== undefined) return { do: 'setWeight', weight: Math.round(step.setWeight * 10) };
  if (step.setCanaryScale) return { do: 'setScale', scale: toScale(step.setCanaryScale) };
  if (step.setHeaderRoute) {
    const { name, match } = step.setHeaderRoute;
    return { do: 'setHeaderRoute', route: { name, matches: match ? [toArgoMatch(match)] : [] } };
  }
  if (step.setMirrorRoute) {
    const { name, percentage = 0 } = step.setMirrorRoute;
    return { do: 'setMirrorRoute', route: { name, percentage } };
  }
  if (step.analysis) {
    return { do: 'analysis', plan: planAnalysis(step.analysis, windowOf(step.analysis)) };
  }
  if (step.experiment) return planExperimentStep(step.experiment, windowOf);
  const { duration } = step.pause ?? {};
  return { do: 'pause', seconds: duration === undefined ? null : (parseSeconds(duration) ?? null) };
}

/** What counts its measurements by itself needs no window. */
function windowOf({ interval, count, metrics }: Analysis): number {
  const isCounted = metrics.every((metric) => planProbe(metric)?.count);
  if (isCounted && interval === undefined && count === undefined) return 0;
  return (parseSeconds(interval ?? 10) ?? 10) * (count ?? 6);
}

function toScale(scale: NonNullable<CanaryStep['setCanaryScale']>): CandidateScale {
  if (scale.replicas !== undefined) return { by: 'replicas', replicas: scale.replicas };
  if (scale.weight !== undefined) return { by: 'percent', percent: scale.weight };
  return byWeight;
}

/** How many pods of the candidate a process needs that has `replicas` in the stable release. One at least, where it has any. */
export function candidateReplicas(scale: CandidateScale, weight: number, replicas: number): number {
  if (replicas === 0) return 0;
  switch (scale.by) {
    case 'replicas':
      // Traffic always meets a pod.
      return Math.max(weight > 0 ? 1 : 0, scale.replicas);
    case 'percent':
      return Math.max(1, Math.ceil((replicas * scale.percent) / 100));
    case 'weight':
      return Math.max(1, Math.ceil((replicas * weight) / whole));
  }
}

/** A step as it is shown: `setWeight 20 %`. */
export function nameStep(step: PlannedStep): string {
  switch (step.do) {
    case 'setWeight':
      return `setWeight ${step.weight / 10} %`;
    case 'setScale':
      return `setCanaryScale ${describeScale(step.scale)}`;
    case 'setHeaderRoute':
      return `setHeaderRoute ${step.route.name}`;
    case 'setMirrorRoute':
      return `setMirrorRoute ${step.route.name} ${step.route.percentage} %`;
    case 'pause':
      return step.seconds === null ? 'pause' : `pause ${step.seconds} s`;
    case 'analysis':
      if (step.gate) return step.gate;
      return step.plan.windowSeconds ? `analysis ${step.plan.windowSeconds} s` : 'analysis';
    case 'experiment':
      return step.plan.windowSeconds ? `experiment ${step.plan.windowSeconds} s` : 'experiment';
    case 'update':
    case 'recreate':
      return 'apply';
    case 'prepare':
    case 'promote':
      return step.do;
  }
}

function describeScale(scale: CandidateScale): string {
  if (scale.by === 'weight') return 'by weight';
  return scale.by === 'replicas' ? `${scale.replicas}` : `${scale.percent} %`;
}

/** The routes with this one; without a match it is taken away. */
export function withHeaderRoute(routes: readonly HeaderRoute[], route: HeaderRoute): readonly HeaderRoute[] {
  const others = routes.filter(({ name }) => name !== route.name);
  return route.matches.length > 0 ? [...others, route] : others;
}

export function withMirrorRoute(routes: readonly MirrorRoute[], route: MirrorRoute): readonly MirrorRoute[] {
  const others = routes.filter(({ name }) => name !== route.name);
  return route.percentage > 0 ? [...others, route] : others;
}
