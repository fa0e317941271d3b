import type { Node, Pod } from '../kinds/index.js';
import { type PodInfo, toPodInfo } from './pod-info.js';
import { emptyState, type NodeState, type Snapshot, withPod } from './snapshot.js';

/** What is taken on every node, kept up with each change instead of being counted anew. */
export interface SchedulerCache {
  putNode(node: Node): void;
  removeNode(name: string): void;
  /** A pod as the cluster shows it; it takes room while it has a node and has not finished. */
  putPod(pod: Pod): void;
  removePod(pod: Pod): void;
  /** Counts a pod on a node before the cluster shows it there. */
  assume(pod: PodInfo, nodeName: string): void;
  forget(uid: string): void;
  isAssumed(uid: string): boolean;
  snapshot(): Snapshot;
}

export function createSchedulerCache(): SchedulerCache {
  const states = new Map<string, NodeState>();
  const placed = new Map<string, { info: PodInfo; nodeName: string; isAssumed: boolean }>();

  const change = (nodeName: string, info: PodInfo, sign: 1 | -1) => {
    const state = states.get(nodeName);
    if (state) states.set(nodeName, withPod(state, info, sign));
  };
  const take = (uid: string) => {
    const known = placed.get(uid);
    if (!known) return;
    placed.delete(uid);
    change(known.nodeName, known.info, -1);
  };
  const put = (info: PodInfo, nodeName: string, isAssumed: boolean) => {
    take(info.uid);
    placed.set(info.uid, { info, nodeName, isAssumed });
    change(nodeName, info, 1);
  };

  return {
    putNode: (node) => {
      const { name } = node.metadata;
      const fresh = emptyState(node);
      const known = states.get(name);
      if (known) {
        const { requested, podCount, hostPorts, owners } = known;
        states.set(name, { ...fresh, requested, podCount, hostPorts, owners });
        return;
      }
      // Pods may be seen before their node is.
      const here = [...placed.values()].filter(({ nodeName }) => nodeName === name);
      states.set(
        name,
        here.reduce((state, { info }) => withPod(state, info), fresh),
      );
    },
    removeNode: (name) => states.delete(name),
    putPod: (pod) => {
      const uid = pod.metadata.uid ?? '';
      const nodeName = pod.spec?.nodeName;
      const isFinished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
      if (isFinished) take(uid);
      else if (nodeName) {
        const known = placed.get(uid);
        if (known && known.nodeName === nodeName && !known.isAssumed) return;
        put(toPodInfo(pod), nodeName, false);
      }
    },
    removePod: (pod) => take(pod.metadata.uid ?? ''),
    assume: (info, nodeName) => put(info, nodeName, true),
    forget: (uid) => {
      if (placed.get(uid)?.isAssumed) take(uid);
    },
    isAssumed: (uid) => placed.has(uid),
    snapshot: () => states,
  };
}
