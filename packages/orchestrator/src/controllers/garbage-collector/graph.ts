import type { KubeObject, OwnerReference, ResourceType } from '../../kinds/index.js';
import { isDeleting } from '../../runtime/index.js';

/** An object of the cluster, as far as ownership goes. */
export interface GraphNode {
  readonly uid: string;
  readonly type: ResourceType;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly owners: readonly OwnerReference[];
  readonly finalizers: readonly string[];
  readonly isDeleting: boolean;
}

/** Who owns whom, by uid. */
export interface OwnerGraph {
  get(uid: string): GraphNode | undefined;
  put(node: GraphNode): void;
  remove(uid: string): void;
  dependentsOf(uid: string): GraphNode[];
  nodes(): Iterable<GraphNode>;
}

export function toNode(type: ResourceType, object: KubeObject): GraphNode {
  const { uid = '', name, namespace, ownerReferences = [], finalizers = [] } = object.metadata;
  return { uid, type, name, namespace, owners: ownerReferences, finalizers, isDeleting: isDeleting(object) };
}

export function createOwnerGraph(): OwnerGraph {
  const nodes = new Map<string, GraphNode>();
  const dependents = new Map<string, Set<string>>();
  const unlink = (node: GraphNode) => {
    for (const { uid } of node.owners) {
      const set = dependents.get(uid);
      set?.delete(node.uid);
      if (set?.size === 0) dependents.delete(uid);
    }
  };
  return {
    get: (uid) => nodes.get(uid),
    put: (node) => {
      const old = nodes.get(node.uid);
      if (old) unlink(old);
      nodes.set(node.uid, node);
      for (const { uid } of node.owners) dependents.set(uid, (dependents.get(uid) ?? new Set()).add(node.uid));
    },
    remove: (uid) => {
      const old = nodes.get(uid);
      if (old) unlink(old);
      nodes.delete(uid);
    },
    dependentsOf: (uid) => [...(dependents.get(uid) ?? [])].flatMap((each) => nodes.get(each) ?? []),
    nodes: () => nodes.values(),
  };
}
