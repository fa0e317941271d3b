// Owns: which node each pod runs on. May run twice: the first binding wins, the second is refused by the cluster. Never
// moves a pod that has a node, never starts one, and forgets nothing by a restart that the cluster does not show.
import type { Registry } from 'prom-client';
import type { KubeClient } from '../client/index.js';
import { type Node, nodes, type Pod, pods } from '../kinds/index.js';
import {
  type Clock,
  counterOf,
  createController,
  createEventRecorder,
  createInformers,
  histogramOf,
  type Informers,
  isDeleting,
  keyOf,
  type Logger,
  type Stoppable,
  sourceOf,
} from '../runtime/index.js';
import { type ApplyContext, apply, createDefaultBinder } from './apply.js';
import { createSchedulerCache } from './cache.js';
import { filters } from './filters.js';
import { type Action, plan } from './plan.js';
import type { BindPlugin, Plugins, ReservePlugin } from './plugins.js';
import { toPodInfo } from './pod-info.js';
import { scores } from './scores.js';

export { type Action, plan } from './plan.js';
export type * from './plugins.js';
export { type PodInfo, toPodInfo } from './pod-info.js';
export { emptyState, type NodeState, type Snapshot } from './snapshot.js';

export interface SchedulerContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Shared with other parts of the process; made for the scheduler alone where absent. */
  readonly informers?: Informers;
  /** In addition to the built-in ones; further binders are asked first. */
  readonly plugins?: Partial<Plugins> & {
    readonly reserves?: readonly ReservePlugin[];
    readonly binds?: readonly BindPlugin[];
  };
}

export const defaultPlugins: Plugins = { preFilters: [], filters, scores };

const schedulerName = 'default-scheduler';
/** All pods are decided on together; one key stands for "look at those that wait". */
const allPods = 'pods';
const bindingsAtOnce = 16;
/** A pod that could not be bound is left alone for a while, so that it does not hold up the others. */
const retryMs = 1000;
/** Refused pods are looked at again this often even if no change promises room. */
const refusedSeconds = 60;

const isWaiting = (pod: Pod): boolean =>
  !pod.spec?.nodeName &&
  !isDeleting(pod) &&
  (pod.spec?.schedulerName ?? schedulerName) === schedulerName &&
  (pod.spec?.schedulingGates ?? []).length === 0 &&
  pod.status?.phase !== 'Succeeded' &&
  pod.status?.phase !== 'Failed';

/** Starts the scheduler; resolves when it has read the cluster. `stop` waits for bindings under way. */
export async function startScheduler(context: SchedulerContext): Promise<Stoppable> {
  const { client, clock, metrics } = context;
  const logger = context.logger.child({ part: 'scheduler' });
  const informers = context.informers ?? createInformers({ ...context });
  const podCopies = informers.of(pods);
  const nodeCopies = informers.of(nodes);
  const cache = createSchedulerCache();
  const delayedUntil = new Map<string, number>();
  const plugins: Plugins = {
    preFilters: [...defaultPlugins.preFilters, ...(context.plugins?.preFilters ?? [])],
    filters: [...defaultPlugins.filters, ...(context.plugins?.filters ?? [])],
    scores: [...defaultPlugins.scores, ...(context.plugins?.scores ?? [])],
  };
  const assumer: ReservePlugin = {
    name: 'Assume',
    reserve: (pod, nodeName) => cache.assume(pod, nodeName),
    unreserve: (pod) => cache.forget(pod.uid),
  };
  const applyContext: ApplyContext = {
    client,
    clock,
    recorder: createEventRecorder({ client, component: schedulerName, clock, logger }),
    reserves: [assumer, ...(context.plugins?.reserves ?? [])],
    binds: [...(context.plugins?.binds ?? []), createDefaultBinder(client)],
  };
  const decisions = counterOf(metrics, 'slipway_scheduler_decisions_total', 'Decisions about pods.', ['decision']);
  const planning = histogramOf(metrics, 'slipway_scheduler_plan_seconds', 'How long deciding on a batch took.', []);

  const stopListening = [
    nodeCopies.onChange(({ type, object }) => {
      if (type === 'removed') cache.removeNode(object.metadata.name);
      else cache.putNode(object);
    }),
    podCopies.onChange(({ type, object }) => {
      if (type === 'removed') {
        cache.removePod(object);
        delayedUntil.delete(keyOf(object));
      } else cache.putPod(object);
    }),
  ];

  const perform = async (action: Action) => {
    decisions?.inc({ decision: action.do });
    try {
      await apply(action, applyContext);
    } catch (error) {
      delayedUntil.set(keyOf(action.pod.pod), clock.now() + retryMs);
      logger.warn({ error, pod: keyOf(action.pod.pod), decision: action.do }, 'a decision could not be carried out');
    }
  };

  const schedule = async () => {
    const now = clock.now();
    const waiting = podCopies
      .list()
      .filter((pod) => isWaiting(pod) && !cache.isAssumed(pod.metadata.uid ?? ''))
      .filter((pod) => (delayedUntil.get(keyOf(pod)) ?? 0) <= now);
    if (waiting.length > 0) {
      const end = planning?.startTimer();
      const actions = plan(waiting.map(toPodInfo), cache.snapshot(), plugins);
      end?.();
      // Everything is reserved before anything is awaited, or a look in between would give the same room twice.
      for (const action of actions) {
        if (action.do === 'bind')
          for (const plugin of applyContext.reserves) plugin.reserve(action.pod, action.nodeName);
      }
      await eachOf(actions, bindingsAtOnce, perform);
    }
    for (const [key, until] of delayedUntil) if (until + retryMs < clock.now()) delayedUntil.delete(key);
    return { waitSeconds: delayedUntil.size > 0 ? retryMs / 1000 : refusedSeconds };
  };

  const controller = createController({
    name: 'scheduler',
    clock,
    logger: context.logger,
    metrics,
    workers: 1,
    resyncSeconds: 0,
    sources: [
      // A pod that waits, or one that gave its room back.
      sourceOf(podCopies, (pod) => (isWaiting(pod) || hasGivenBack(pod, podCopies.get(keyOf(pod))) ? [allPods] : [])),
    ],
    reconcile: schedule,
  });
  stopListening.push(
    nodeCopies.onChange(({ type, object, old }) => {
      if (type !== 'changed' || !old || isOtherwise(object, old)) controller.enqueue(allPods);
    }),
  );
  const stop = async () => {
    for (const end of stopListening) end();
    await controller.stop();
    if (!context.informers) await informers.stop();
  };
  try {
    await nodeCopies.synced();
    await controller.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

/** Gone, or finished. */
function hasGivenBack(pod: Pod, current: Pod | undefined): boolean {
  return current === undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Heartbeats change a node all the time; only this changes what may run there. */
function isOtherwise(node: Node, old: Node): boolean {
  const gist = ({ metadata: { labels }, spec, status }: Node) =>
    JSON.stringify([labels, spec?.taints, spec?.unschedulable, status?.allocatable]);
  return gist(node) !== gist(old);
}

async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
