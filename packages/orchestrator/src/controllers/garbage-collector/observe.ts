import type { KubeClient } from '../../client/index.js';
import { apiVersionOf, type OwnerReference, type ResourceType } from '../../kinds/index.js';
import type { GraphNode, OwnerGraph } from './graph.js';
import { foregroundFinalizer, type Observed, type OwnerState } from './plan.js';

/** Looks owners up in the graph, and in the cluster itself before one is taken for gone. */
export async function observe(
  node: GraphNode,
  graph: OwnerGraph,
  types: readonly ResourceType[],
  client: KubeClient,
): Promise<Observed> {
  const owners: { uid: string; state: OwnerState }[] = [];
  if (!node.isDeleting) {
    for (const reference of node.owners) {
      owners.push({ uid: reference.uid, state: await stateOf(reference, node, graph, types, client) });
    }
  }
  return { node, owners, dependents: graph.dependentsOf(node.uid) };
}

async function stateOf(
  reference: OwnerReference,
  node: GraphNode,
  graph: OwnerGraph,
  types: readonly ResourceType[],
  client: KubeClient,
): Promise<OwnerState> {
  const known = graph.get(reference.uid);
  if (known) {
    const waits = known.isDeleting && known.finalizers.includes(foregroundFinalizer);
    return waits && reference.blockOwnerDeletion ? 'waiting' : 'present';
  }
  const [group] = reference.apiVersion.includes('/') ? reference.apiVersion.split('/') : [''];
  const type =
    types.find((each) => each.kind === reference.kind && apiVersionOf(each) === reference.apiVersion) ??
    types.find((each) => each.kind === reference.kind && each.group === group);
  // A kind that is not served (yet) tells nothing about its objects; neither can a cluster-wide object have an owner
  // inside a namespace. Deleting for a mistake in writing would be worse than keeping.
  if (!type || (type.namespaced && !node.namespace)) return 'present';
  const owner = await client.find(type, reference.name, type.namespaced ? node.namespace : undefined);
  return owner?.metadata.uid === reference.uid ? 'present' : 'absent';
}
