import type { Condition, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../kinds/index.js';
import { fromTime, isDeleting, toTime } from '../../runtime/index.js';
import { isPodReady } from '../pods.js';
import { isSame } from '../same.js';
import type { Observed } from './observe.js';

/** What users are told; of the pod where it is about one. */
export interface Notice {
  readonly severity: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly pod?: Pod;
}

export interface Plan {
  /** Undefined where it is right already. */
  readonly status?: PodDisruptionBudgetStatus;
  readonly notices: readonly Notice[];
  readonly waitSeconds?: number;
  /** The cluster could not say how many pods are wanted. */
  readonly failure?: string;
}

/** A pod whose eviction was allowed is gone within this time, or stays. */
export const deletionMs = 2 * 60 * 1000;
const type = 'DisruptionAllowed';

/** Decides how many of the pods may be evicted. Pure. */
export function plan({ budget, pods, expected }: Observed, now: number): Plan {
  if (expected && 'failure' in expected) return failed(budget, expected.failure, now);
  const { minAvailable, maxUnavailable } = budget.spec;
  const expectedPods = expected ? expected.replicas : pods.length;
  const desiredHealthy =
    maxUnavailable !== undefined
      ? Math.max(0, expectedPods - countOf(maxUnavailable, expectedPods))
      : countOf(minAvailable ?? 0, expectedPods);
  const { disruptedPods, notices, recheckMs } = stillAwaited(budget, pods, now);
  const currentHealthy = pods.filter(
    (pod) => !isDeleting(pod) && disruptedPods[pod.metadata.name] === undefined && isPodReady(pod),
  ).length;
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions: withCondition(budget, now, {
      status: disruptionsAllowed > 0 ? 'True' : 'False',
      reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      observedGeneration: budget.metadata.generation ?? 0,
    }),
  };
  const isRight = isSame(status, budget.status);
  const waitSeconds = recheckMs === undefined ? undefined : recheckMs / 1000;
  if (isRight) return { notices, waitSeconds };
  const said = [...notices];
  if (pods.length === 0) said.push({ severity: 'Normal', reason: 'NoPods', message: 'No matching pods found' });
  if (expected && expected.unmanaged.length > 0) said.push(unmanagedNotice(expected.unmanaged));
  return { status, notices: said, waitSeconds };
}

/** `25%` of the whole, rounded up; a number as it is. */
function countOf(value: number | string, whole: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number.parseInt(value, 10) * whole) / 100);
}

/** The pods whose eviction was allowed and that are still there. */
function stillAwaited({ metadata, status }: PodDisruptionBudget, pods: readonly Pod[], now: number) {
  const disruptedPods: Record<string, string> = {};
  const notices: Notice[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const at = status?.disruptedPods?.[pod.metadata.name];
    if (at === undefined || isDeleting(pod)) continue;
    const left = (fromTime(at) ?? 0) + deletionMs - now;
    if (left <= 0) {
      const message = `Pod was expected by PDB ${metadata.namespace}/${metadata.name} to be deleted but it wasn't`;
      notices.push({ severity: 'Warning', reason: 'NotDeleted', message, pod });
      continue;
    }
    disruptedPods[pod.metadata.name] = at;
    recheckMs = Math.min(recheckMs ?? left, left);
  }
  return { disruptedPods, notices, recheckMs };
}

function unmanagedNotice(names: readonly string[]): Notice {
  const shown = names.slice(0, 10).join(', ');
  const message = `No controller says how many pods like these there should be: ${shown}. They are not counted; set .spec.minAvailable to a number instead.`;
  return { severity: 'Warning', reason: 'UnmanagedPods', message };
}

/** Nobody may be evicted while it is not known how many there should be. */
function failed(budget: PodDisruptionBudget, failure: string, now: number): Plan {
  const conditions = withCondition(budget, now, {
    status: 'False',
    reason: 'SyncFailed',
    message: failure,
    observedGeneration: budget.status?.observedGeneration,
  });
  const status = { ...budget.status, disruptionsAllowed: 0, conditions };
  const message = `Failed to calculate the number of expected pods: ${failure}`;
  const notice: Notice = { severity: 'Warning', reason: 'CalculateExpectedPodCountFailed', message };
  const isRight = isSame(status, budget.status);
  return { ...(!isRight && { status }), notices: isRight ? [] : [notice], failure };
}

function withCondition(
  { status }: PodDisruptionBudget,
  now: number,
  next: Omit<Condition, 'type' | 'lastTransitionTime'>,
): Condition[] {
  const conditions = status?.conditions ?? [];
  const before = conditions.find((each) => each.type === type);
  const isKept = before?.status === next.status;
  const lastTransitionTime = isKept ? before.lastTransitionTime : toTime(now);
  return [...conditions.filter((each) => each.type !== type), { type, ...next, lastTransitionTime }];
}
