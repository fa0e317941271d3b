// Owns: the moment when a quota's usage is counted anew. Never counts: the API server does, in the commit that writes the
// status, so that no write of the same moment is missed or counted twice.

import { isNotFound } from '../../client/index.js';
import { resourceQuotas } from '../../kinds/index.js';
import { type Controller, createController, keyOf, sourceOf } from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { plan } from './plan.js';

/** Heals the usage of quotas that no longer agrees with what is there. */
export function createResourceQuotaController(context: ControllerContext): Controller {
  const { client, clock, logger, metrics, informers } = context;
  const copies = informers.of(resourceQuotas);
  const countedAt = new Map<string, number>();
  copies.onChange(({ type, object }) => {
    if (type === 'removed') countedAt.delete(keyOf(object));
  });
  return createController({
    name: 'resource-quota',
    clock,
    logger,
    metrics,
    sources: [sourceOf(copies, (quota) => [keyOf(quota)])],
    reconcile: async (key) => {
      const quota = copies.get(key);
      if (!quota) return;
      const { actions, waitSeconds } = plan({ quota, countedAt: countedAt.get(key) }, clock.now());
      let corrections = 0;
      for (const _action of actions) {
        const { name, namespace, resourceVersion } = quota.metadata;
        try {
          // Whatever the status is set to, the API server writes what it counts, and nothing where that is the same.
          const written = await client.patch(
            resourceQuotas,
            name,
            namespace,
            { status: { used: null } },
            { type: 'merge', subresource: 'status' },
          );
          if (written.metadata.resourceVersion !== resourceVersion) corrections += 1;
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
        countedAt.set(key, clock.now());
      }
      return { waitSeconds, actions: corrections };
    },
  });
}
