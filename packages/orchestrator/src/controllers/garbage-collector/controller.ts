import { createController, type Stoppable } from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { type DiscoveredType, discoverTypes, typeKey } from '../discovery.js';
import { apply } from './apply.js';
import { createOwnerGraph, toNode } from './graph.js';
import { observe } from './observe.js';
import { foregroundFinalizer, plan } from './plan.js';

const discoveryMs = 30_000;
const resyncMs = 600_000;
/** Own nothing and are owned by nothing; the second name of the same objects in the third case. */
const skipped = new Set(['events.', 'events.events.k8s.io']);

/** Deletes what its owners have left behind, and lets owners go in the order that was asked for. */
export function createGarbageCollector(context: ControllerContext): Stoppable & { start(): Promise<void> } {
  const { client, clock, metrics, informers } = context;
  const logger = context.logger.child({ controller: 'garbage-collector' });
  const graph = createOwnerGraph();
  const watched = new Set<string>();
  const endings: (() => void)[] = [];
  const stopping = new AbortController();
  let types: DiscoveredType[] = [];

  const controller = createController({
    name: 'garbage-collector',
    clock,
    logger: context.logger,
    metrics,
    workers: 4,
    resyncSeconds: 0,
    sources: [],
    reconcile: async (uid) => {
      const node = graph.get(uid);
      if (!node) return;
      const { actions, waitSeconds } = plan(await observe(node, graph, types, client));
      for (const action of actions) {
        logger.debug({ ...action, target: `${action.target.type.kind} ${action.target.name}` }, 'garbage');
        await apply(action, client);
      }
      return { waitSeconds, actions: actions.length };
    },
  });

  const watch = async (type: DiscoveredType) => {
    if (watched.has(typeKey(type))) return;
    watched.add(typeKey(type));
    const informer = informers.metadataOf(type);
    endings.push(
      informer.onChange((change) => {
        const node = toNode(type, change.object);
        if (change.type === 'removed') {
          const dependents = graph.dependentsOf(node.uid);
          graph.remove(node.uid);
          for (const dependent of dependents) controller.enqueue(dependent.uid);
        } else {
          graph.put(node);
          if (node.owners.length > 0 || node.isDeleting) controller.enqueue(node.uid);
          if (node.isDeleting && node.finalizers.includes(foregroundFinalizer)) {
            for (const dependent of graph.dependentsOf(node.uid)) controller.enqueue(dependent.uid);
          }
        }
        // An owner that is leaving may have waited for just this.
        for (const { uid } of node.owners) if (graph.get(uid)?.isDeleting) controller.enqueue(uid);
      }),
    );
    await informer.synced();
  };

  const refresh = async () => {
    // An owner of a kind that is not known is taken for present: what is lacking keeps its dependents.
    types = await discoverTypes(client, (group, error) => logger.warn({ error, group }, 'a group is not discovered'));
    const deletable = types.filter(
      (type) => ['list', 'watch', 'delete'].every((verb) => type.verbs.includes(verb)) && !skipped.has(typeKey(type)),
    );
    await Promise.all(deletable.map(watch));
  };
  const every = (ms: number, work: () => void) => {
    let cancel = () => {};
    const again = () => {
      cancel = clock.after(ms, () => {
        work();
        again();
      });
    };
    again();
    endings.push(() => cancel());
  };

  return {
    start: async () => {
      // The first discovery must succeed: before everything is in the graph, nothing may be taken for ownerless.
      for (let pauseMs = 100; !stopping.signal.aborted; pauseMs = Math.min(pauseMs * 2, 5000)) {
        try {
          await refresh();
          break;
        } catch (error) {
          logger.warn({ error, pauseMs }, 'discovery failed: trying again');
          await clock.sleep(pauseMs, stopping.signal);
        }
      }
      if (stopping.signal.aborted) return;
      await controller.start();
      every(discoveryMs, () => {
        void refresh().catch((error: unknown) => logger.warn({ error }, 'discovery failed'));
      });
      every(resyncMs, () => {
        for (const node of graph.nodes()) if (node.owners.length > 0 || node.isDeleting) controller.enqueue(node.uid);
      });
    },
    stop: async () => {
      stopping.abort();
      for (const end of endings.reverse()) end();
      await controller.stop();
    },
  };
}
