import {
  isJsonObject,
  type JsonObject,
  type KubeObject,
  type LabelSelector,
  matchesLabelSelector,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
} from '../kinds/index.js';
import type { Store, StoredObject } from '../store/index.js';
import { ApiError, forbidden } from './api-error.js';
import { asJson, nowText } from './registry.js';

const resource = 'policy/poddisruptionbudgets';
const budgets = { group: 'policy', plural: 'poddisruptionbudgets' };
/** So many pods may be on their way out before the controller has seen one of them go. */
const mostDisrupted = 2_000;

/**
 * Takes the disruption of a pod from its budget, exactly once for each call that returns. Throws 429 with the cause
 * `DisruptionBudget` where the budget does not allow it now.
 */
export async function takeFromBudget(store: Store, current: StoredObject, isDryRun: boolean): Promise<void> {
  const pod = asJson(current.value);
  const status = objectAt(pod, 'status');
  if (['Succeeded', 'Failed', 'Pending'].includes(stringAt(status, 'phase'))) return;
  if (objectAt(pod, 'metadata').deletionTimestamp !== undefined) return;
  const [budget, second] = store
    .list(resource)
    .filter((each) => each.namespace === current.namespace && covers(asJson(each.value), current));
  if (!budget) return;
  if (second)
    throw new ApiError(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const isReady = objectsAt(status, 'conditions').some((each) => each.type === 'Ready' && each.status === 'True');
  if (!isReady && mayLeaveUnready(asJson(budget.value))) return;
  const take = (from: StoredObject | undefined) => from && taken(asJson(from.value), current.name);
  if (isDryRun) take(budget);
  else await store.commit([{ resource, namespace: budget.namespace, name: budget.name, value: take }]);
}

function covers(budget: JsonObject, pod: StoredObject): boolean {
  const selector = objectAt(budget, 'spec').selector;
  return isJsonObject(selector) && matchesLabelSelector(selector as LabelSelector, pod.value.metadata.labels);
}

/** A pod that serves nobody may go, as long as enough others serve. */
function mayLeaveUnready(budget: JsonObject): boolean {
  if (objectAt(budget, 'spec').unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const status = objectAt(budget, 'status');
  const desired = numberAt(status, 'desiredHealthy') ?? 0;
  return desired > 0 && (numberAt(status, 'currentHealthy') ?? 0) >= desired;
}

function taken(budget: JsonObject, pod: string): KubeObject {
  const metadata = objectAt(budget, 'metadata');
  const name = stringAt(metadata, 'name');
  const status = objectAt(budget, 'status');
  if ((numberAt(status, 'observedGeneration') ?? 0) < (numberAt(metadata, 'generation') ?? 0))
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  const allowed = numberAt(status, 'disruptionsAllowed') ?? 0;
  if (allowed < 0) throw forbidden(budgets, name, 'pdb disruptions allowed is negative');
  const disrupted = objectAt(status, 'disruptedPods');
  if (Object.keys(disrupted).length > mostDisrupted)
    throw forbidden(budgets, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (allowed === 0) {
    const [desired, healthy] = [numberAt(status, 'desiredHealthy') ?? 0, numberAt(status, 'currentHealthy') ?? 0];
    throw tooMany(`The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`);
  }
  const next = { ...status, disruptionsAllowed: allowed - 1, disruptedPods: { ...disrupted, [pod]: nowText() } };
  const changed = { ...budget, metadata: { ...metadata, name }, status: next };
  return changed as unknown as KubeObject;
}

function tooMany(message: string, retryAfterSeconds?: number): ApiError {
  return new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
