import { isNotFound } from '../../client/index.js';
import { leases, nodes, pods } from '../../kinds/index.js';
import { type Controller, createController, createEventRecorder, keyOf, sourceOf, toKey } from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { apply } from './apply.js';
import { type Observed, plan } from './plan.js';

export const nodeLeaseNamespace = 'kube-node-lease';

/** Notices nodes that have fallen silent, keeps new pods away from them and gives their pods up in time. */
export function createNodeLifecycleController(context: ControllerContext): Controller {
  const { client, clock, logger, metrics, informers } = context;
  const copies = informers.of(nodes);
  const podCopies = informers.of(pods);
  const leaseCopies = informers.of(leases);
  const recorder = createEventRecorder({ client, component: 'node-controller', clock, logger });
  const seen = new Map<string, { sign: string; at: number }>();
  copies.onChange(({ type, object }) => {
    if (type === 'removed') seen.delete(keyOf(object));
  });

  const lastSeenAt = (name: string, heartbeat: string): number => {
    const renewal = leaseCopies.get(toKey(name, nodeLeaseNamespace))?.spec.renewTime ?? '';
    const sign = `${renewal} ${heartbeat}`;
    const known = seen.get(name);
    // The first look counts as a sign of life: this process was away, not necessarily the node.
    if (known?.sign === sign) return known.at;
    seen.set(name, { sign, at: clock.now() });
    return clock.now();
  };

  return createController({
    name: 'node-lifecycle',
    clock,
    logger,
    metrics,
    sources: [
      sourceOf(copies, (node) => [keyOf(node)]),
      sourceOf(leaseCopies, ({ metadata: { name, namespace } }) => (namespace === nodeLeaseNamespace ? [name] : [])),
    ],
    reconcile: async (key) => {
      const node = copies.get(key);
      if (!node) return;
      await podCopies.synced();
      const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
      const observed: Observed = {
        node,
        pods: podCopies.byIndex('node', key),
        // What we set ourselves for a lost node is no sign of life; only the node moves its heartbeat.
        lastSeenAt: lastSeenAt(key, ready?.lastHeartbeatTime ?? ''),
      };
      const { actions, waitSeconds } = plan(observed, clock.now());
      for (const action of actions) {
        try {
          await apply(action, node, { client, clock, recorder });
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      }
      return { waitSeconds, actions: actions.length };
    },
  });
}
