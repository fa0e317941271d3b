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
  /** As `of`, where the metadata is all that is read: an informer made for this keeps nothing else. */
  metadataOf<T extends KubeObject>(type: ResourceType<T>): Informer<T>;
  synced(): Promise<void>;
}

/** What the garbage collector and its like need; managed fields alone can be larger than the rest. */
function metadataOnly<T extends KubeObject>(object: T): T {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences };
  // The caller asked for metadata only; a full T is more than it may read.
  return { apiVersion: object.apiVersion, kind: object.kind, metadata } as T;
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
  const open = <T extends KubeObject>(type: ResourceType<T>, key: string, keep?: (object: T) => T): Informer<T> => {
    const known = informers.get(key) as Informer<T> | undefined;
    if (known) return known;
    const { client, clock, logger, metrics, resyncSeconds } = options;
    const indices = keep ? undefined : options.indices?.[type.plural];
    const informer = createInformer(client, type, { clock, logger, metrics, resyncSeconds, indices, keep });
    informers.set(key, informer as unknown as Informer<never>);
    running.push(informer.start(stopping.signal));
    return informer;
  };
  const keyFor = (type: ResourceType) => `${type.group}/${type.version}/${type.plural}`;
  return {
    of: (type) => open(type, keyFor(type)),
    metadataOf: (type) =>
      informers.has(keyFor(type)) ? open(type, keyFor(type)) : open(type, `metadata of ${keyFor(type)}`, metadataOnly),
    synced: async () => {
      await Promise.all([...informers.values()].map((informer) => informer.synced()));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
