import type { Pod } from '../../kinds/index.js';
import { fromTime, isDeleting } from '../../runtime/index.js';
import { isPodFinished } from '../pods.js';

export interface Observed {
  readonly pod: Pod;
  /** Since when this process sees no node of the pod's name; undefined where the node is there. */
  readonly nodeGoneSince: number | undefined;
}

export type Action = { readonly do: 'delete'; readonly name: string; readonly uid: string; readonly why: string };

/** A node that is registered again within this time keeps its pods. */
export const quarantineMs = 40_000;

/** Decides whether nobody is left who could end this pod. Pure. */
export function plan({ pod, nodeGoneSince }: Observed, now: number): { actions: Action[]; waitSeconds?: number } {
  const { name, uid = '' } = pod.metadata;
  if (!pod.spec?.nodeName) {
    const due = fromTime(pod.metadata.deletionTimestamp);
    if (!isDeleting(pod) || due === undefined || (pod.metadata.finalizers ?? []).length > 0) return { actions: [] };
    return { actions: [{ do: 'delete', name, uid, why: 'it is being deleted and was never given a node' }] };
  }
  if (nodeGoneSince === undefined) return { actions: [] };
  const left = nodeGoneSince + quarantineMs - now;
  if (left > 0) return { actions: [], waitSeconds: left / 1000 };
  const what = isPodFinished(pod) ? 'it has finished and' : 'it can never report again:';
  return { actions: [{ do: 'delete', name, uid, why: `${what} its node ${pod.spec.nodeName} is gone` }] };
}
