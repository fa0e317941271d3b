import type { Pod, ReplicaSet } from '../../kinds/index.js';
import { controllerOf, type Informer, isControlledBy, matchesSelector } from '../../runtime/index.js';

export interface Observed {
  readonly replicaSet: ReplicaSet;
  /** Those it manages, and those that nobody manages but its selector names. */
  readonly pods: readonly Pod[];
  /** Pods whose deletion was asked for but is not seen yet. */
  readonly doomed: ReadonlySet<string>;
  /** From which number on names of pods are made. */
  readonly sequence: number;
}

export function observe(
  replicaSet: ReplicaSet,
  pods: Informer<Pod>,
  memory: { doomed: ReadonlySet<string>; sequence: number },
): Observed {
  const concerned = pods
    .list(replicaSet.metadata.namespace)
    .filter(
      (pod) =>
        isControlledBy(pod, replicaSet) ||
        (controllerOf(pod) === undefined && matchesSelector(replicaSet.spec.selector, pod.metadata.labels)),
    );
  return { replicaSet, pods: concerned, doomed: memory.doomed, sequence: memory.sequence };
}
