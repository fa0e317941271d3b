import { isNotFound } from '../../client/index.js';
import { type Namespace, namespaces } from '../../kinds/index.js';
import { type Controller, createController, isDeleting, keyOf, sourceOf, toTime } from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { discoverTypes } from '../discovery.js';
import { isSame } from '../same.js';
import { apply } from './apply.js';
import { observe } from './observe.js';
import { plan } from './plan.js';

/** Empties namespaces that are being deleted, then lets them go. */
export function createNamespaceController(context: ControllerContext): Controller {
  const { client, clock, logger, metrics, informers } = context;
  const copies = informers.of(namespaces);

  const statusOf = (namespace: Namespace, remaining: string | undefined): Namespace['status'] => {
    const type = 'NamespaceContentRemaining';
    const status = remaining === undefined ? 'False' : 'True';
    const before = namespace.status?.conditions?.find((condition) => condition.type === type);
    const others = (namespace.status?.conditions ?? []).filter((condition) => condition.type !== type);
    const condition = {
      type,
      status,
      reason: remaining === undefined ? 'ContentRemoved' : 'SomeResourcesRemain',
      message: remaining ?? 'All content successfully removed',
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : toTime(clock.now()),
    };
    return { ...namespace.status, phase: 'Terminating', conditions: [...others, condition] };
  };

  return createController({
    name: 'namespace',
    clock,
    logger,
    metrics,
    sources: [sourceOf(copies, (namespace) => (isDeleting(namespace) ? [keyOf(namespace)] : []))],
    reconcile: async (key) => {
      const namespace = await client.find(namespaces, key);
      if (!namespace || !isDeleting(namespace)) return;
      const { actions, remaining, waitSeconds } = plan(await observe(namespace, await discoverTypes(client), client));
      for (const action of actions) await apply(action, namespace, client);
      const status = statusOf(namespace, remaining);
      if (!actions.some((action) => action.do === 'finalize') && !isSame(status, namespace.status)) {
        await client.update(namespaces, { ...namespace, status }, { subresource: 'status' }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      }
      return { waitSeconds, actions: actions.length };
    },
  });
}
