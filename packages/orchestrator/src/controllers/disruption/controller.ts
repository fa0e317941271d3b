import { deployments, podDisruptionBudgets, pods, replicaSets } from '../../kinds/index.js';
import {
  type Controller,
  createController,
  createEventRecorder,
  keyOf,
  matchesSelector,
  sourceOf,
} from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { observe } from './observe.js';
import { plan } from './plan.js';
import { createScaleFinder } from './scales.js';

const retrySeconds = 30;

/** Keeps the status of each PodDisruptionBudget, by which the API server allows evictions. */
export function createDisruptionController(context: ControllerContext): Controller {
  const { client, clock, logger, metrics, informers } = context;
  const budgets = informers.of(podDisruptionBudgets);
  const copies = {
    pods: informers.of(pods),
    replicaSets: informers.of(replicaSets),
    deployments: informers.of(deployments),
    findScale: createScaleFinder(client, clock),
  };
  const recorder = createEventRecorder({ client, component: 'controllermanager', clock, logger });

  return createController({
    name: 'disruption',
    clock,
    logger,
    metrics,
    sources: [
      sourceOf(budgets, (budget) => [keyOf(budget)]),
      sourceOf(copies.pods, (pod) =>
        budgets
          .list(pod.metadata.namespace)
          .filter(({ spec }) => matchesSelector(spec.selector, pod.metadata.labels))
          .map(keyOf),
      ),
    ],
    reconcile: async (key) => {
      const budget = budgets.get(key);
      if (!budget) return;
      await Promise.all([copies.replicaSets.synced(), copies.deployments.synced()]);
      const { status, notices, waitSeconds, failure } = plan(await observe(budget, copies), clock.now());
      for (const { pod, severity, reason, message } of notices)
        if (pod) recorder.record(pods, pod, severity, reason, message);
        else recorder.record(podDisruptionBudgets, budget, severity, reason, message);
      // With its version: an eviction that was allowed meanwhile must not be forgotten.
      if (status) await client.update(podDisruptionBudgets, { ...budget, status }, { subresource: 'status' });
      return { waitSeconds: failure === undefined ? waitSeconds : retrySeconds, actions: status ? 1 : 0 };
    },
  });
}
