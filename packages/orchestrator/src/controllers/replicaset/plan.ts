import type { Pod, ReplicaSetStatus } from '../../kinds/index.js';
import { controllerOf, fromTime, isControlledBy, isDeleting, matchesSelector } from '../../runtime/index.js';
import { suffixOf } from '../names.js';
import { isPodActive, isPodReady, podConditionOf } from '../pods.js';
import type { Observed } from './observe.js';
import { statusOf } from './status.js';

export interface PodTarget {
  readonly name: string;
  readonly uid: string;
}

export type Action =
  | { readonly do: 'adopt'; readonly target: PodTarget; readonly why: string }
  | { readonly do: 'release'; readonly target: PodTarget; readonly why: string }
  | { readonly do: 'create'; readonly name: string; readonly sequence: number; readonly why: string }
  | { readonly do: 'delete'; readonly target: PodTarget; readonly why: string };

export interface Plan {
  readonly actions: readonly Action[];
  readonly status: ReplicaSetStatus;
  readonly waitSeconds?: number;
}

/** One look makes or ends at most this many pods, so that a typing error in `replicas` can still be caught. */
const mostAtOnce = 500;

/** Decides what brings a ReplicaSet's pods to the wanted number. Pure. */
export function plan(observed: Observed, now: number): Plan {
  const { replicaSet, doomed } = observed;
  const wanted = replicaSet.spec.replicas ?? 1;
  const isLeaving = isDeleting(replicaSet);
  const actions: Action[] = [];
  const members: Pod[] = [];

  for (const pod of observed.pods) {
    const matches = matchesSelector(replicaSet.spec.selector, pod.metadata.labels);
    const target = targetOf(pod);
    if (isControlledBy(pod, replicaSet)) {
      if (matches) members.push(pod);
      else if (!isLeaving && !isDeleting(pod))
        actions.push({ do: 'release', target, why: 'its labels no longer match' });
    } else if (controllerOf(pod) === undefined && matches && !isLeaving && isPodActive(pod)) {
      actions.push({ do: 'adopt', target, why: 'it matches and nobody manages it' });
      members.push(pod);
    }
  }

  const active = members.filter((pod) => isPodActive(pod) && !doomed.has(pod.metadata.uid ?? ''));
  const missing = wanted - active.length;
  if (!isLeaving && missing > 0) {
    const taken = new Set(observed.pods.map((pod) => pod.metadata.name));
    let { sequence } = observed;
    for (let count = Math.min(missing, mostAtOnce); count > 0; sequence += 1) {
      const name = podNameOf(observed, sequence);
      if (taken.has(name)) continue;
      actions.push({ do: 'create', name, sequence, why: `${active.length} of ${wanted} exist` });
      count -= 1;
    }
  }
  if (!isLeaving && missing < 0) {
    for (const pod of inOrderOfDeletion(active).slice(0, Math.min(-missing, mostAtOnce))) {
      actions.push({ do: 'delete', target: targetOf(pod), why: `${active.length} exist, ${wanted} wanted` });
    }
  }
  return { actions, ...statusOf(replicaSet, members, doomed, now) };
}

/** The same ReplicaSet and number always give the same name: repeating a creation cannot make a second pod. */
export function podNameOf({ replicaSet }: Pick<Observed, 'replicaSet'>, sequence: number): string {
  const { name, uid } = replicaSet.metadata;
  return `${name.slice(0, 57)}-${suffixOf(`${uid}:${sequence}`)}`;
}

const targetOf = (pod: Pod): PodTarget => ({ name: pod.metadata.name, uid: pod.metadata.uid ?? '' });

/**
 * Whose loss costs least comes first, by the rules of Kubernetes: without a node, pending, not ready, cheap by its
 * annotation, on a node with many siblings, ready for a shorter time, often restarted, young; at last by name, so
 * that the choice is always the same.
 */
export function inOrderOfDeletion(pods: readonly Pod[]): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec?.nodeName;
    if (node) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const phases: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
  const rank = (pod: Pod): readonly number[] => [
    pod.spec?.nodeName ? 1 : 0,
    phases[pod.status?.phase ?? 'Pending'] ?? 0,
    isPodReady(pod) ? 1 : 0,
    Number.parseInt(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? '0', 10) || 0,
    -(perNode.get(pod.spec?.nodeName ?? '') ?? 0),
    -(isPodReady(pod) ? (fromTime(podConditionOf(pod, 'Ready')?.lastTransitionTime) ?? 0) : 0),
    -Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount)),
    -(fromTime(pod.metadata.creationTimestamp) ?? 0),
  ];
  return pods
    .map((pod) => ({ pod, rank: rank(pod) }))
    .sort((a, b) => {
      for (const [index, value] of a.rank.entries()) {
        const difference = value - (b.rank[index] ?? 0);
        if (difference !== 0) return difference;
      }
      return a.pod.metadata.name < b.pod.metadata.name ? -1 : 1;
    })
    .map(({ pod }) => pod);
}
