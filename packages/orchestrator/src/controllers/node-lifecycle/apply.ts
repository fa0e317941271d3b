import { isConflict, isNotFound, type KubeClient } from '../../client/index.js';
import { type Node, nodes, pods } from '../../kinds/index.js';
import { type Clock, type EventRecorder, toTime } from '../../runtime/index.js';
import type { Action } from './plan.js';

/** Performs one action; doing it again changes nothing. Throws 409 where the node has changed meanwhile. */
export async function apply(
  action: Action,
  node: Node,
  { client, clock, recorder }: { client: KubeClient; clock: Clock; recorder: EventRecorder },
): Promise<void> {
  switch (action.do) {
    case 'set-conditions': {
      const next = { ...node, status: { ...node.status, conditions: [...action.conditions] } };
      await client.update(nodes, next, { subresource: 'status' });
      recorder.record(nodes, node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`);
      return;
    }
    case 'set-taints':
      await client.patch(nodes, node.metadata.name, undefined, { spec: { taints: action.taints } }, { type: 'merge' });
      return;
    case 'mark-unready': {
      const condition = {
        type: 'Ready',
        status: 'False',
        reason: 'NodeNotReady',
        message: 'The node stopped reporting.',
        lastTransitionTime: toTime(clock.now()),
      };
      const patch = { metadata: { uid: action.pod.uid }, status: { conditions: [condition] } };
      const options = { type: 'strategic' as const, subresource: 'status' as const };
      return ifStillThere(client.patch(pods, action.pod.name, action.pod.namespace, patch, options));
    }
    case 'evict':
      return ifStillThere(client.delete(pods, action.pod.name, action.pod.namespace, { uid: action.pod.uid }));
    default:
      return action satisfies never;
  }
}

async function ifStillThere(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
