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
}

export interface HeaderMatch {
  readonly headerName: string;
  readonly headerValue: { readonly exact?: string; readonly prefix?: string; readonly regex?: string };
}

export interface CanaryStrategy {
  readonly type: 'canary';
  readonly steps: readonly CanaryStep[];
  readonly stickyBy?: string;
  readonly scaleDownDelaySeconds?: number;
}

export interface BlueGreenStrategy {
  readonly type: 'blueGreen';
  readonly autoPromotionEnabled?: boolean;
  readonly autoPromotionSeconds?: number;
  readonly previewReplicaCount?: number;
  readonly scaleDownDelaySeconds?: number;
}

export type Strategy =
  | { readonly type: 'rolling' }
  | { readonly type: 'recreate' }
  | BlueGreenStrategy
  | CanaryStrategy;

export const rolling: Strategy = { type: 'rolling' };

/** Do two releases stand side by side for a while? */
export const hasTwoSlots = (strategy: Strategy): strategy is BlueGreenStrategy | CanaryStrategy =>
  strategy.type === 'canary' || strategy.type === 'blueGreen';

/** So long the pods of the release before stay for a quick way back. */
export const scaleDownDelayOf = (strategy: Strategy): number =>
  hasTwoSlots(strategy) ? (strategy.scaleDownDelaySeconds ?? 30) : 0;

export const stickyByOf = (strategy: Strategy): string | null =>
  strategy.type === 'canary' ? (strategy.stickyBy ?? null) : null;

/** How many pods of each process that listens the candidate has. */
export type CandidateScale =
  /** As many as its share of the traffic asks for. */
  | { readonly by: 'weight' }
  | { readonly by: 'replicas'; readonly replicas: number }
  /** Percent of the stable release's. */
  | { readonly by: 'percent'; readonly percent: number };

export interface HeaderRoute {
  readonly name: string;
  readonly match: readonly HeaderMatch[];
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
  | { readonly do: 'prepare'; readonly scale: CandidateScale }
  | { readonly do: 'setWeight'; readonly weight: number }
  | { readonly do: 'setScale'; readonly scale: CandidateScale }
  | { readonly do: 'setHeaderRoute'; readonly route: HeaderRoute }
  | { readonly do: 'setMirrorRoute'; readonly route: MirrorRoute }
  | { readonly do: 'pause'; readonly seconds: number | null }
  /** The candidate takes all traffic and becomes the stable release. */
  | { readonly do: 'promote' };

export const whole = 1000;
const everything: CandidateScale = { by: 'percent', percent: 100 };
const byWeight: CandidateScale = { by: 'weight' };

/** The steps of a strategy. Where nothing stands yet there is nothing to compare with: the release is just brought up. */
export function planSteps(strategy: Strategy, hasStable: boolean): readonly PlannedStep[] {
  if (!hasStable || strategy.type === 'rolling') return [{ do: 'update' }];
  switch (strategy.type) {
    case 'recreate':
      return [{ do: 'recreate' }];
    case 'blueGreen':
      return planBlueGreen(strategy);
    case 'canary':
      return [{ do: 'prepare', scale: firstScale(strategy.steps) }, ...strategy.steps.map(planStep), { do: 'promote' }];
  }
}

function planBlueGreen(strategy: BlueGreenStrategy): readonly PlannedStep[] {
  const { previewReplicaCount, autoPromotionEnabled = true, autoPromotionSeconds } = strategy;
  const preview: CandidateScale =
    previewReplicaCount === undefined ? everything : { by: 'replicas', replicas: previewReplicaCount };
  const pause: readonly PlannedStep[] =
    autoPromotionEnabled && autoPromotionSeconds === undefined
      ? []
      : [{ do: 'pause', seconds: autoPromotionSeconds ?? null }];
  return [{ do: 'prepare', scale: preview }, ...pause, { do: 'promote' }];
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
    return { do: 'setHeaderRoute', route: { name: step.setHeaderRoute.name, match: step.setHeaderRoute.match ?? [] } };
  }
  if (step.setMirrorRoute) {
    const { name, percentage = 0 } = step.setMirrorRoute;
    return { do: 'setMirrorRoute', route: { name, percentage } };
  }
  const { duration } = step.pause ?? {};
  return { do: 'pause', seconds: duration === undefined ? null : (parseSeconds(duration) ?? null) };
}

function toScale(scale: NonNullable<CanaryStep['setCanaryScale']>): CandidateScale {
  if (scale.replicas !== undefined) return { by: 'replicas', replicas: scale.replicas };
  if (scale.weight !== undefined) return { by: 'percent', percent: scale.weight };
  return byWeight;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Argo's durations: seconds as a number or in digits, or digits with `s`, `m` or `h`. Undefined where it is none. */
export function parseSeconds(duration: number | string): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,9})([smh])?$/.exec(String(duration)) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unitSeconds[unit] ?? 1);
}

/** How many pods of the candidate a process needs that has `replicas` in the stable release. One at least, where it has any. */
export function candidateReplicas(scale: CandidateScale, weight: number, replicas: number): number {
  if (replicas === 0) return 0;
  switch (scale.by) {
    case 'replicas':
      return scale.replicas;
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
