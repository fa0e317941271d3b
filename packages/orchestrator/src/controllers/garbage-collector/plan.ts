import type { GraphNode } from './graph.js';

/** `waiting`: it is being deleted in the foreground, which needs this dependent gone first. */
export type OwnerState = 'present' | 'absent' | 'waiting';

export interface Observed {
  readonly node: GraphNode;
  /** One for each of the node's owner references. */
  readonly owners: readonly { readonly uid: string; readonly state: OwnerState }[];
  readonly dependents: readonly GraphNode[];
}

export type Policy = 'Background' | 'Foreground' | 'Orphan';

export type Action =
  | { readonly do: 'delete'; readonly target: GraphNode; readonly policy: Policy; readonly why: string }
  | { readonly do: 'drop-owners'; readonly target: GraphNode; readonly uids: readonly string[]; readonly why: string }
  | { readonly do: 'drop-finalizer'; readonly target: GraphNode; readonly finalizer: string; readonly why: string };

export interface Plan {
  readonly actions: readonly Action[];
  readonly waitSeconds?: number;
}

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

/** Decides what ownership demands of one object. Pure. */
export function plan({ node, owners, dependents }: Observed): Plan {
  if (node.isDeleting) return leave(node, dependents);
  const of = (state: OwnerState) => owners.filter((owner) => owner.state === state);
  const useless = [...of('absent'), ...of('waiting')];
  if (useless.length === 0) return { actions: [] };
  if (of('present').length > 0) {
    const uids = useless.map(({ uid }) => uid);
    return { actions: [{ do: 'drop-owners', target: node, uids, why: 'another owner remains' }] };
  }
  if (of('waiting').length > 0 && dependents.length > 0) {
    return {
      actions: [{ do: 'delete', target: node, policy: 'Foreground', why: 'its owner waits for it to go first' }],
    };
  }
  const why = of('waiting').length > 0 ? 'its owner waits for it to go first' : 'its owner is gone';
  return { actions: [{ do: 'delete', target: node, policy: policyOf(node), why }] };
}

/** An earlier wish how its own dependents are to be treated is kept. */
function policyOf(node: GraphNode): Policy {
  if (node.finalizers.includes(orphanFinalizer)) return 'Orphan';
  return node.finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background';
}

function leave(node: GraphNode, dependents: readonly GraphNode[]): Plan {
  if (node.finalizers.includes(orphanFinalizer)) {
    const why = 'its owner was deleted with its dependents to be kept';
    return {
      actions: [
        ...dependents.map((target): Action => ({ do: 'drop-owners', target, uids: [node.uid], why })),
        { do: 'drop-finalizer', target: node, finalizer: orphanFinalizer, why: 'its dependents are on their own' },
      ],
    };
  }
  if (node.finalizers.includes(foregroundFinalizer)) {
    const blocking = dependents.filter(({ owners }) =>
      owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true),
    );
    if (blocking.length > 0) return { actions: [], waitSeconds: 5 };
    const why = 'no dependent blocks its deletion';
    return { actions: [{ do: 'drop-finalizer', target: node, finalizer: foregroundFinalizer, why }] };
  }
  return { actions: [] };
}
