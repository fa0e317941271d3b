import { createController, type Stoppable } from '../../runtime/index.js';
import type { ClusterView } from '../cluster-view.js';
import type { NetworkContext } from '../context.js';
import { applyNft } from '../kernel.js';
import { type RulesetOptions, toRuleset } from './ruleset.js';
import { toServicePorts } from './service-ports.js';

const key = 'ruleset';

/**
 * Keeps the nftables rules current: each change of a Service or its endpoints writes the whole ruleset anew, changes
 * that come together once. Connections that are open keep their endpoint, as the kernel remembers them.
 */
export async function startServiceRules(
  { clock, log, metrics }: NetworkContext,
  view: ClusterView,
  options: RulesetOptions,
): Promise<Stoppable> {
  let applied = '';
  let appliedAtMs = 0;
  const controller = createController({
    name: 'service-rules',
    sources: [
      { informer: view.services, keys: () => [key] },
      { informer: view.slices, keys: () => [key] },
    ],
    workers: 1,
    resyncSeconds: 300,
    mostBackoffSeconds: 5,
    clock,
    logger: log,
    metrics,
    reconcile: async () => {
      const ports = toServicePorts(
        view.services.list(),
        (service) => view.slicesOf(service.metadata.namespace ?? '', service.metadata.name ?? ''),
        options.serviceCidr,
      );
      const ruleset = toRuleset(ports, options);
      // Somebody may have flushed all rules of the machine: once in a while they are written again though nothing changed.
      if (ruleset === applied && clock.now() - appliedAtMs < 240_000) return;
      await applyNft(ruleset);
      applied = ruleset;
      appliedAtMs = clock.now();
    },
  });
  controller.enqueue(key);
  await controller.start();
  return controller;
}
