import { isNotFound } from '../../client/index.js';
import { pods, replicaSets } from '../../kinds/index.js';
import {
  type Controller,
  controllerOf,
  createController,
  createEventRecorder,
  isDeleting,
  keyOf,
  matchesSelector,
  sourceOf,
  toKey,
} from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { isSame } from '../same.js';
import { apply, type Memory } from './apply.js';
import { observe } from './observe.js';
import { plan } from './plan.js';
import { withFailure } from './status.js';

/** Keeps as many pods as each ReplicaSet wants. */
export function createReplicaSetController(context: ControllerContext): Controller {
  const { client, clock, logger, metrics, informers } = context;
  const sets = informers.of(replicaSets);
  const podCopies = informers.of(pods);
  const recorder = createEventRecorder({ client, component: 'replicaset-controller', clock, logger });
  const memories = new Map<string, Memory>();

  const memoryOf = (uid: string): Memory => {
    const memory = memories.get(uid) ?? { doomed: new Set<string>(), sequence: 0, resourceVersion: undefined };
    memories.set(uid, memory);
    return memory;
  };
  sets.onChange(({ type, object }) => {
    if (type === 'removed') memories.delete(object.metadata.uid ?? '');
  });
  podCopies.onChange(({ type, object }) => {
    // Seen at last: from here on the copy itself tells that the pod is leaving.
    const memory = memories.get(controllerOf(object)?.uid ?? '');
    if (memory && (type === 'removed' || isDeleting(object))) memory.doomed.delete(object.metadata.uid ?? '');
  });

  return createController({
    name: 'replicaset',
    clock,
    logger,
    metrics,
    workers: 4,
    sources: [
      sourceOf(sets, (set) => [keyOf(set)]),
      sourceOf(podCopies, (pod) => {
        const owner = controllerOf(pod);
        if (owner) return owner.kind === 'ReplicaSet' ? [toKey(owner.name, pod.metadata.namespace)] : [];
        return sets
          .list(pod.metadata.namespace)
          .filter((set) => matchesSelector(set.spec.selector, pod.metadata.labels))
          .map(keyOf);
      }),
    ],
    reconcile: async (key) => {
      const replicaSet = sets.get(key);
      if (!replicaSet) return;
      const memory = memoryOf(replicaSet.metadata.uid ?? '');
      if (!(await podCopies.caughtUp(memory.resourceVersion))) {
        throw new Error('the copy of the pods does not show our own writes yet');
      }
      const { actions, status, waitSeconds } = plan(observe(replicaSet, podCopies, memory), clock.now());
      let failure: unknown;
      for (const action of actions) {
        try {
          await apply(action, replicaSet, memory, { client, recorder });
        } catch (error) {
          failure = error;
          break;
        }
      }
      const message = failure instanceof Error ? failure.message : undefined;
      const next = withFailure(status, message, clock.now());
      if (!isSame(next, replicaSet.status)) {
        try {
          await client.update(replicaSets, { ...replicaSet, status: next }, { subresource: 'status' });
        } catch (error) {
          if (!isNotFound(error)) throw failure ?? error;
        }
      }
      if (failure !== undefined) throw failure;
      return { waitSeconds, actions: actions.length };
    },
  });
}
