import type { Deployment, Pod, PodDisruptionBudget, ReplicaSet } from '../../kinds/index.js';
import { controllerOf, type Informer, matchesSelector, toKey } from '../../runtime/index.js';
import type { FindScale } from './scales.js';

/** How many pods their controllers want; `failure` says why that cannot be known. */
export type Expected =
  | { readonly replicas: number; readonly unmanaged: readonly string[] }
  | { readonly failure: string };

export interface Observed {
  readonly budget: PodDisruptionBudget;
  /** Those that the budget's selector names. */
  readonly pods: readonly Pod[];
  /** Absent where the budget does not depend on it. */
  readonly expected?: Expected;
}

interface Copies {
  readonly pods: Informer<Pod>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly deployments: Informer<Deployment>;
  readonly findScale: FindScale;
}

export async function observe(budget: PodDisruptionBudget, copies: Copies): Promise<Observed> {
  const { selector, minAvailable, maxUnavailable } = budget.spec;
  const pods = copies.pods
    .list(budget.metadata.namespace)
    .filter((pod) => matchesSelector(selector, pod.metadata.labels));
  const isCounted = maxUnavailable !== undefined || typeof minAvailable === 'string';
  return { budget, pods, ...(isCounted && { expected: await expectedOf(pods, copies) }) };
}

/** Each controller is counted once, and the Deployment in place of its ReplicaSets. */
async function expectedOf(pods: readonly Pod[], copies: Copies): Promise<Expected> {
  const known = new Set<string>();
  const replicas = new Map<string, number>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner) unmanaged.push(pod.metadata.name);
    else if (!known.has(owner.uid)) {
      known.add(owner.uid);
      const namespace = pod.metadata.namespace ?? '';
      try {
        const found =
          owner.kind === 'ReplicaSet' && owner.apiVersion.startsWith('apps/')
            ? ofReplicaSet(toKey(owner.name, namespace), owner.uid, copies)
            : await copies.findScale(owner, namespace);
        if (!found) return { failure: `found no controllers for pod ${JSON.stringify(pod.metadata.name)}` };
        replicas.set(found.uid, found.replicas);
      } catch (error) {
        return { failure: error instanceof Error ? error.message : String(error) };
      }
    }
  }
  return { replicas: [...replicas.values()].reduce((sum, each) => sum + each, 0), unmanaged };
}

function ofReplicaSet(key: string, uid: string, copies: Copies): { uid: string; replicas: number } | undefined {
  const set = copies.replicaSets.get(key);
  if (set?.metadata.uid !== uid) return undefined;
  const owner = controllerOf(set);
  if (owner?.kind !== 'Deployment') return { uid, replicas: set.spec.replicas ?? 1 };
  const deployment = copies.deployments.get(toKey(owner.name, set.metadata.namespace));
  if (deployment?.metadata.uid !== owner.uid) return undefined;
  return { uid: owner.uid, replicas: deployment.spec.replicas ?? 1 };
}
