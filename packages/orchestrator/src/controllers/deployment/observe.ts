import type { Deployment, Pod, ReplicaSet } from '../../kinds/index.js';
import { controllerOf, type Informer, isControlledBy, matchesSelector } from '../../runtime/index.js';

export interface Observed {
  readonly deployment: Deployment;
  /** Those it manages, and those that nobody manages but its selector names. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The pods of its sets; only looked at by the strategy Recreate, and empty otherwise. */
  readonly pods: readonly Pod[];
}

export function observe(deployment: Deployment, sets: Informer<ReplicaSet>, pods: Informer<Pod>): Observed {
  const { namespace } = deployment.metadata;
  const replicaSets = sets
    .list(namespace)
    .filter(
      (set) =>
        isControlledBy(set, deployment) ||
        (controllerOf(set) === undefined && matchesSelector(deployment.spec.selector, set.metadata.labels)),
    );
  const uids = new Set(replicaSets.map((set) => set.metadata.uid));
  const isRecreate = deployment.spec.strategy?.type === 'Recreate';
  const members = isRecreate ? pods.list(namespace).filter((pod) => uids.has(controllerOf(pod)?.uid)) : [];
  return { deployment, replicaSets, pods: members };
}
