import type { Registry } from 'prom-client';
import { isGone, type KubeClient } from '../client/index.js';
import type { KubeObject, ResourceType } from '../kinds/index.js';
import { createBackoff } from './backoff.js';
import { type Clock, systemClock } from './clock.js';
import { counterOf, type Logger, silentLogger } from './context.js';
import { keyOf, toRevision } from './keys.js';
import { createObjectCache, type IndexFunctions } from './object-cache.js';

/** `removed`: `object` is the last state known. `old` is set for `changed` only. */
export interface Change<T> {
  readonly type: 'added' | 'changed' | 'removed';
  readonly object: T;
  readonly old?: T;
}

export interface InformerOptions<T extends KubeObject> {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** How often the whole is listed again and compared, in case a watch lost something. Default 600; 0: never. */
  readonly resyncSeconds?: number;
  readonly indices?: IndexFunctions<T>;
  /** Keeps only what readers need of each object, to save memory. Must keep the metadata's name, namespace, uid and version. */
  readonly keep?: (object: T) => T;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly metrics?: Registry;
}

/** A read-only copy of a part of the cluster, kept current by list and watch. Never change an object that it gives. */
export interface Informer<T extends KubeObject> {
  readonly type: ResourceType<T>;
  get(key: string): T | undefined;
  list(namespace?: string): T[];
  byIndex(index: string, value: string): T[];
  /** Called in order, after the copy has changed. A handler added later is first given all that is there. */
  onChange(handler: (change: Change<T>) => void): () => void;
  /** Runs until `signal` aborts; resolves when all has stopped, and never rejects. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves once the first list is in; rejects if the informer is stopped before that. */
  synced(): Promise<void>;
  isSynced(): boolean;
  /** Resolves when the copy holds everything up to that revision (an answer to a write of one's own), or after `mostMs`. */
  caughtUp(resourceVersion: string | undefined, mostMs?: number): Promise<boolean>;
}

const pageSize = 500;

/**
 * Protocol: list (paged) → compare with the copy → watch from the list's revision, moving it on with every event and
 * bookmark. A watch that ends or breaks is taken up again from the last revision; 410 means list again. Every
 * `resyncSeconds` the list is repeated although the watch is well; what differs from a copy that claimed to be as
 * new is a lost event: corrected, counted and logged.
 */
export function createInformer<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  options: InformerOptions<T> = {},
): Informer<T> {
  const clock = options.clock ?? systemClock;
  const logger = (options.logger ?? silentLogger).child({ informer: type.plural });
  const resyncMs = (options.resyncSeconds ?? 600) * 1000;
  const { namespace, labelSelector, fieldSelector } = options;
  const selection = { namespace, labelSelector, fieldSelector };
  const corrections = counterOf(
    options.metrics,
    'slipway_informer_resync_corrections_total',
    'Objects that a repeated list found different from what the watch had told.',
    ['resource'],
  );
  const relists = counterOf(options.metrics, 'slipway_informer_lists_total', 'Lists of a whole resource.', [
    'resource',
  ]);

  const cache = createObjectCache<T>(options.indices ?? {});
  const handlers = new Set<(change: Change<T>) => void>();
  const waiting = new Set<{ revision: number; done: (reached: boolean) => void }>();
  let revision = 0;
  let resumeFrom: string | undefined;
  let started = false;
  let hasSynced = false;
  let resolveSynced: () => void = () => undefined;
  let rejectSynced: (error: Error) => void = () => undefined;
  const syncedPromise = new Promise<void>((resolve, reject) => {
    resolveSynced = resolve;
    rejectSynced = reject;
  });
  syncedPromise.catch(() => undefined);

  const call = (handler: (change: Change<T>) => void, change: Change<T>) => {
    try {
      handler(change);
    } catch (error) {
      logger.error({ error, key: keyOf(change.object) }, 'a change handler failed');
    }
  };
  const emit = (change: Change<T>) => {
    for (const handler of handlers) call(handler, change);
  };
  const moveTo = (resourceVersion: string | undefined) => {
    if (resourceVersion === undefined || resourceVersion === '') return;
    resumeFrom = resourceVersion;
    revision = Math.max(revision, toRevision(resourceVersion));
    for (const waiter of waiting) if (revision >= waiter.revision) waiter.done(true);
  };
  const put = (full: T): boolean => {
    const object = options.keep?.(full) ?? full;
    const old = cache.get(keyOf(object));
    if (old && old.metadata.uid === object.metadata.uid) {
      if (old.metadata.resourceVersion === object.metadata.resourceVersion) return false;
      cache.set(object);
      emit({ type: 'changed', object, old });
      return true;
    }
    // Same name, another object: whoever cares for the old one must learn that it is gone.
    if (old) take(old);
    cache.set(object);
    emit({ type: 'added', object });
    return true;
  };
  const take = (object: T): boolean => {
    if (cache.remove(keyOf(object)) === undefined) return false;
    emit({ type: 'removed', object });
    return true;
  };

  const listAll = async (signal: AbortSignal) => {
    const items: T[] = [];
    let next: string | undefined;
    let resourceVersion: string | undefined;
    do {
      const page = await client.list(type, { ...selection, limit: pageSize, continue: next, signal });
      items.push(...page.items);
      next = page.metadata.continue || undefined;
      resourceVersion ??= page.metadata.resourceVersion;
    } while (next !== undefined && !signal.aborted);
    return { items, resourceVersion };
  };

  const list = async (signal: AbortSignal) => {
    const { items, resourceVersion } = await listAll(signal);
    relists?.inc({ resource: type.plural });
    const claimed = hasSynced ? revision : 0;
    const lost: string[] = [];
    const seen = new Set<string>();
    for (const object of items) {
      const key = keyOf(object);
      seen.add(key);
      // Newer than the watch had come: merely late, not lost.
      if (put(object) && toRevision(object.metadata.resourceVersion) <= claimed) lost.push(key);
    }
    const listedAtClaim = toRevision(resourceVersion) <= claimed;
    for (const key of cache.keys()) {
      const gone = seen.has(key) ? undefined : cache.get(key);
      if (gone && take(gone) && listedAtClaim) lost.push(key);
    }
    moveTo(resourceVersion);
    if (lost.length > 0) {
      corrections?.inc({ resource: type.plural }, lost.length);
      logger.warn({ keys: lost.slice(0, 10), count: lost.length }, 'a repeated list corrected what the watch had lost');
    }
    if (!hasSynced) {
      hasSynced = true;
      resolveSynced();
    }
  };

  /** Ends when the server ends the watch or `signal` aborts; throws when it breaks. */
  const follow = async (signal: AbortSignal, onEvent: () => void) => {
    for await (const event of client.watch(type, { ...selection, resourceVersion: resumeFrom, signal })) {
      onEvent();
      if (event.type !== 'BOOKMARK') {
        event.object.kind ??= type.kind;
        if (event.type === 'DELETED') take(event.object);
        else put(event.object);
      }
      moveTo(event.object.metadata.resourceVersion);
    }
  };

  const run = async (signal: AbortSignal) => {
    const backoff = createBackoff(clock, 100, 10_000);
    let mustList = true;
    while (!signal.aborted) {
      const resync = new AbortController();
      const cancelResync = resyncMs > 0 ? clock.after(jitter(resyncMs), () => resync.abort()) : () => undefined;
      try {
        if (mustList) await list(signal);
        mustList = false;
        const openedAt = clock.now();
        await follow(AbortSignal.any([signal, resync.signal]), backoff.reset);
        if (resync.signal.aborted) mustList = true;
        // A server that ends every watch at once must not be asked in a tight loop.
        else if (clock.now() - openedAt < 1000) await clock.sleep(backoff.next(), signal);
      } catch (error) {
        if (signal.aborted) break;
        if (isGone(error)) {
          mustList = true;
          logger.info({ resourceVersion: resumeFrom }, 'the revision is too old to resume from: listing again');
        }
        const pauseMs = backoff.next();
        logger.warn({ error, pauseMs }, 'list or watch failed: trying again');
        await clock.sleep(pauseMs, signal);
      } finally {
        cancelResync();
      }
    }
  };
  const jitter = (ms: number) => ms * (0.9 + clock.random() * 0.2);

  return {
    type,
    get: (key) => cache.get(key),
    list: (wanted) => cache.list(wanted),
    byIndex: (index, value) => cache.byIndex(index, value),
    onChange: (handler) => {
      for (const object of cache.list()) call(handler, { type: 'added', object });
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    start: async (signal) => {
      if (started) throw new Error(`the informer of ${type.plural} is started already`);
      started = true;
      // A signal of its own: many informers share the caller's, which would gather a listener for each.
      await run(AbortSignal.any([signal]));
      rejectSynced(new Error(`the informer of ${type.plural} stopped before its first list`));
      for (const waiter of waiting) waiter.done(false);
    },
    synced: () => syncedPromise,
    isSynced: () => hasSynced,
    caughtUp: (resourceVersion, mostMs = 5000) => {
      const wanted = toRevision(resourceVersion);
      if (revision >= wanted) return Promise.resolve(true);
      return new Promise((resolve) => {
        const waiter = {
          revision: wanted,
          done: (reached: boolean) => {
            cancel();
            waiting.delete(waiter);
            resolve(reached);
          },
        };
        const cancel = clock.after(mostMs, () => waiter.done(false));
        waiting.add(waiter);
      });
    },
  };
}
