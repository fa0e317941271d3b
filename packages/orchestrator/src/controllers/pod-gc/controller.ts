import { isConflict, isNotFound } from '../../client/index.js';
import { nodes, pods } from '../../kinds/index.js';
import { type Controller, createController, keyOf, sourceOf } from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { plan } from './plan.js';

/** Removes pods whose node is gone, which nobody else could end. */
export function createPodGarbageController(context: ControllerContext): Controller {
  const { client, clock, metrics, informers } = context;
  const logger = context.logger.child({ controller: 'pod-gc' });
  const copies = informers.of(pods);
  const nodeCopies = informers.of(nodes);
  const goneSince = new Map<string, number>();
  nodeCopies.onChange(({ type, object }) => {
    if (type !== 'removed') goneSince.delete(object.metadata.name);
  });

  const nodeGoneSince = (name: string | undefined): number | undefined => {
    if (!name || nodeCopies.get(name)) return undefined;
    const since = goneSince.get(name) ?? clock.now();
    goneSince.set(name, since);
    return since;
  };

  return createController({
    name: 'pod-gc',
    clock,
    logger: context.logger,
    metrics,
    sources: [
      sourceOf(copies, (pod) => {
        const node = pod.spec?.nodeName;
        const isStranded = node ? !nodeCopies.get(node) : pod.metadata.deletionTimestamp !== undefined;
        return isStranded ? [keyOf(pod)] : [];
      }),
      sourceOf(nodeCopies, (node) =>
        nodeCopies.get(keyOf(node)) ? [] : copies.byIndex('node', keyOf(node)).map(keyOf),
      ),
    ],
    reconcile: async (key) => {
      const pod = copies.get(key);
      if (!pod) return;
      const node = pod.spec?.nodeName;
      const { actions, waitSeconds } = plan({ pod, nodeGoneSince: nodeGoneSince(node) }, clock.now());
      for (const action of actions) {
        // The cluster itself has the last word on whether the node is there.
        if (node && (await client.find(nodes, node))) continue;
        logger.info({ pod: key, why: action.why }, 'removing a pod');
        const options = { uid: action.uid, gracePeriodSeconds: 0 };
        await client.delete(pods, action.name, pod.metadata.namespace, options).catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        });
      }
      return { waitSeconds, actions: actions.length };
    },
  });
}
