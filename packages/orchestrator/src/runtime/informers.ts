import type { Registry } from 'prom-client';
import type { KubeClient } from '../client/index.js';
import type { KubeObject, ResourceType } from '../kinds/index.js';
import type { Clock } from './clock.js';
import type { Logger, Stoppable } from './context.js';
import { createInformer, type Informer } from './informer.js';
import type { IndexFunctions } from './object-cache.js';

/** One informer a resource, shared by everything in this process that reads it. */
export interface Informers extends Stoppable {
  /** The informer of all objects of a type, started at its first use. Indices must be named by whoever asks first. */
  of<T extends KubeObject>(type: ResourceType<T>): Informer<T>;
  synced(): Promise<void>;
}

/** `indices` are the ones that readers of each plural need, as informers are shared between them. */
export function createInformers(options: {
  client: KubeClient;
  clock?: Clock;
  logger?: Logger;
  metrics?: Registry;
  resyncSeconds?: number;
  indices?: Readonly<Record<string, IndexFunctions<KubeObject>>>;
}): Informers {
  const stopping = new AbortController();
  // Each value belongs to the type its key was made of; the map cannot say that.
  const informers = new Map<string, Informer<never>>();
  const running: Promise<void>[] = [];
  return {
    of: <T extends KubeObject>(type: ResourceType<T>): Informer<T> => {
      const key = `${type.group}/${type.version}/${type.plural}`;
      const known = informers.get(key) as Informer<T> | undefined;
      if (known) return known;
      const { client, clock, logger, metrics, resyncSeconds } = options;
      const indices = options.indices?.[type.plural];
      const informer = createInformer(client, type, { clock, logger, metrics, resyncSeconds, indices });
      informers.set(key, informer as unknown as Informer<never>);
      running.push(informer.start(stopping.signal));
      return informer;
    },
    synced: async () => {
      await Promise.all([...informers.values()].map((informer) => informer.synced()));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
