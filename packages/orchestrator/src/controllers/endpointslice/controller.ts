import { isAlreadyExists, isNotFound } from '../../client/index.js';
import { endpointSlices, endpoints, nodes, pods, services } from '../../kinds/index.js';
import { type Controller, createController, keyOf, matchesLabels, sourceOf, toKey } from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { apply } from './apply.js';
import { observe, serviceLabel } from './observe.js';
import { plan } from './plan.js';

/** Tells in EndpointSlices (and Endpoints, where served) which pods stand behind each service. */
export function createEndpointSliceController(
  context: ControllerContext,
  options: { mirrorEndpoints: boolean },
): Controller {
  const { client, clock, logger, metrics, informers } = context;
  const copies = {
    services: informers.of(services),
    pods: informers.of(pods),
    nodes: informers.of(nodes),
    slices: informers.of(endpointSlices),
    endpoints: options.mirrorEndpoints ? informers.of(endpoints) : undefined,
  };
  const written = new Map<string, string>();
  copies.services.onChange(({ type, object }) => {
    if (type === 'removed') written.delete(keyOf(object));
  });

  return createController({
    name: 'endpointslice',
    clock,
    logger,
    metrics,
    workers: 4,
    sources: [
      sourceOf(copies.services, (service) => [keyOf(service)]),
      sourceOf(copies.pods, (pod) =>
        copies.services
          .list(pod.metadata.namespace)
          .filter(({ spec }) => {
            const selector = spec?.selector ?? {};
            return Object.keys(selector).length > 0 && matchesLabels(selector, pod.metadata.labels);
          })
          .map(keyOf),
      ),
      sourceOf(copies.slices, (slice) => {
        const name = slice.metadata.labels?.[serviceLabel];
        return name === undefined ? [] : [toKey(name, slice.metadata.namespace)];
      }),
      ...(copies.endpoints ? [sourceOf(copies.endpoints, (object) => [keyOf(object)])] : []),
    ],
    reconcile: async (key) => {
      const service = copies.services.get(key);
      if (!service) return;
      await copies.nodes.synced();
      if (!(await copies.slices.caughtUp(written.get(key)))) {
        throw new Error('the copy of the slices does not show our own writes yet');
      }
      const { actions } = plan(observe(service, copies));
      for (const action of actions) {
        try {
          const resourceVersion = await apply(action, service.metadata.namespace, client);
          if (resourceVersion !== undefined) written.set(key, resourceVersion);
        } catch (error) {
          // The namespace is on its way out, or the mirror was made meanwhile: the next change shows which.
          if (isNotFound(error) || (action.do === 'mirror' && isAlreadyExists(error))) continue;
          throw error;
        }
      }
      return { actions: actions.length };
    },
  });
}
