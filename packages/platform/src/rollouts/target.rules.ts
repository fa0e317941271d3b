import { hasSyntheticTraffic } from './analysis/rollout-analysis.rules.js';
import { hasBegun, type PlannedTemplate, sharesOf, type TemplateShare } from './experiment.rules.js';
import type { Rollout } from './rollouts.rules.js';
import type { CandidateScale, HeaderRoute, MirrorRoute, PlannedStep } from './strategy.rules.js';

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
  /** Requests of our own reach the candidate, whatever its weight. */
  readonly hasSyntheticTraffic?: boolean;
  /** The candidate answers under a name of its own. */
  readonly hasPreview?: boolean;
  readonly stickyBy?: string | null;
  /** Pods beside the slots. */
  readonly experiment?: readonly PlannedTemplate[];
  /** What users meet of them; the stable release has what these and the candidate leave. */
  readonly shares?: readonly TemplateShare[];
}

export const isInPlace = (plan: readonly PlannedStep[]): boolean =>
  plan[0]?.do === 'update' || plan[0]?.do === 'recreate';

export function targetOf(rollout: Rollout): Target {
  const { candidate, plan, restoring } = rollout;
  const recreates = plan[0]?.do === 'recreate';
  const experiment = experimentOf(rollout);
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
    hasSyntheticTraffic: candidate.isUp && hasSyntheticTraffic(rollout),
    hasPreview: candidate.isUp && plan.some((step) => step.do === 'prepare' && step.hasPreview === true),
    stickyBy: rollout.stickyBy,
    experiment,
    ...(experiment && hasBegun(rollout) ? { shares: sharesOf(experiment) } : {}),
  };
}

/** Only while its step is in work: whatever comes after, it is taken away. */
function experimentOf({ candidate, plan, index, state }: Rollout): readonly PlannedTemplate[] | undefined {
  const step = plan[index];
  const isAtWork = candidate.isUp && (state === 'progressing' || state === 'paused');
  return isAtWork && step?.do === 'experiment' ? step.templates : undefined;
}

/** Pods come before the traffic that they are for. */
function scaleWeight({ candidate, plan, index }: Rollout): number {
  const step = plan[index];
  return step?.do === 'setWeight' ? Math.max(candidate.weight, step.weight) : candidate.weight;
}

/** What users meet of an experiment, in percent and in the words of Argo Rollouts. */
export const templateWeightsOf = ({ experiment = [], shares = [] }: Target) =>
  shares.map(({ name, weight }) => {
    const isStable = experiment.some((template) => template.name === name && template.release === 'previous');
    return { name, specRef: isStable ? ('stable' as const) : ('canary' as const), weight: weight / 10 };
  });
