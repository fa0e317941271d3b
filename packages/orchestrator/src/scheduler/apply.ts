import { isConflict, isNotFound, type KubeClient, toKubeError, toPath } from '../client/index.js';
import { type Pod, pods } from '../kinds/index.js';
import { type Clock, type EventRecorder, toTime } from '../runtime/index.js';
import type { Action } from './plan.js';
import type { BindPlugin, ReservePlugin } from './plugins.js';

export interface ApplyContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly reserves: readonly ReservePlugin[];
  readonly binds: readonly BindPlugin[];
}

/** Performs one decision; doing it again changes nothing. Throws where the cluster refuses, with nothing left reserved. */
export async function apply(action: Action, context: ApplyContext): Promise<void> {
  const { pod } = action.pod;
  switch (action.do) {
    case 'bind':
      try {
        await bind(action, context);
      } catch (error) {
        for (const plugin of [...context.reserves].reverse()) plugin.unreserve(action.pod, action.nodeName);
        // Deleted or bound by somebody else meanwhile: its next event tells.
        if (isNotFound(error) || isConflict(error)) return;
        throw error;
      }
      context.recorder.record(
        pods,
        pod,
        'Normal',
        'Scheduled',
        `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${action.nodeName}`,
      );
      return;
    case 'refuse':
      return writeRefusal(pod, action.why, context);
    default:
      return action satisfies never;
  }
}

async function bind({ pod, nodeName }: Extract<Action, { do: 'bind' }>, { binds }: ApplyContext): Promise<void> {
  for (const plugin of binds) if (await plugin.bind(pod, nodeName)) return;
  throw new Error(`no bind plugin takes pod ${pod.pod.metadata.name}: add the default one`);
}

/** Binds through the pod's binding subresource. */
export function createDefaultBinder(client: KubeClient): BindPlugin {
  return {
    name: 'DefaultBinder',
    bind: async ({ pod }, nodeName) => {
      const { name, namespace, uid } = pod.metadata;
      const body = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
      };
      const response = await client.request('POST', toPath(pods, { name, namespace, subresource: 'binding' }), {
        body,
      });
      const answer: unknown = await response.json();
      if (!response.ok) throw toKubeError(answer, response.status);
      return true;
    },
  };
}

async function writeRefusal(pod: Pod, message: string, { client, clock, recorder }: ApplyContext): Promise<void> {
  const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (before?.status === 'False' && before.message === message) return;
  recorder.record(pods, pod, 'Warning', 'FailedScheduling', message);
  const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : toTime(clock.now());
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime };
  const { name, namespace, uid } = pod.metadata;
  const patch = { metadata: { uid }, status: { conditions: [condition] } };
  try {
    await client.patch(pods, name, namespace, patch, { type: 'strategic', subresource: 'status' });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
