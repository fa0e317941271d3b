import { isConflict, isNotFound, type KubeClient } from '../../client/index.js';
import type { KubeObject } from '../../kinds/index.js';
import type { GraphNode } from './graph.js';
import type { Action } from './plan.js';

/** Performs one action; doing it again changes nothing. Throws 409 where the object changed meanwhile. */
export async function apply(action: Action, client: KubeClient): Promise<void> {
  const { target } = action;
  switch (action.do) {
    case 'delete':
      await client
        .delete(target.type, target.name, target.namespace, { uid: target.uid, propagationPolicy: action.policy })
        .catch((error: unknown) => {
          // Gone, or another object by now.
          if (!isNotFound(error) && !isConflict(error)) throw error;
        });
      return;
    case 'drop-owners':
      return change(client, target, (object) => ({
        ownerReferences: (object.metadata.ownerReferences ?? []).filter(({ uid }) => !action.uids.includes(uid)),
      }));
    case 'drop-finalizer':
      return change(client, target, (object) => ({
        finalizers: (object.metadata.finalizers ?? []).filter((finalizer) => finalizer !== action.finalizer),
      }));
    default:
      return action satisfies never;
  }
}

/** From the live object, because lists in a merge patch replace the whole. */
async function change(
  client: KubeClient,
  target: GraphNode,
  toMetadata: (object: KubeObject) => Partial<KubeObject['metadata']>,
): Promise<void> {
  const live = await client.find(target.type, target.name, target.namespace);
  if (live?.metadata.uid !== target.uid) return;
  const { resourceVersion } = live.metadata;
  const patch = { metadata: { ...toMetadata(live), resourceVersion } };
  try {
    await client.patch(target.type, target.name, target.namespace, patch, { type: 'merge' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
