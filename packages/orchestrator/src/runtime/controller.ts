import type { Registry } from 'prom-client';
import { isConflict, isNamespaceTerminating } from '../client/index.js';
import type { KubeObject } from '../kinds/index.js';
import { backoffMs } from './backoff.js';
import { type Clock, systemClock } from './clock.js';
import { counterOf, histogramOf, type Logger, type Stoppable, silentLogger } from './context.js';
import type { Informer } from './informer.js';
import { createWorkQueue } from './work-queue.js';

export interface ReconcileResult {
  /** Look again after this long, if nothing happens before. */
  readonly waitSeconds?: number;
  /** How many actions were needed. Counted when nothing but the resync had asked for the look. */
  readonly actions?: number;
}

/** An informer and the keys that each of its objects concerns. */
export interface Source<T extends KubeObject = KubeObject> {
  readonly informer: Pick<Informer<T>, 'type' | 'list' | 'onChange' | 'synced'>;
  /** Which keys have to be looked at because of this object. Asked for the state before a change too. */
  keys(object: T): readonly string[];
}

/** Infers the type of the objects from the informer, where a literal would need it written down. */
export function sourceOf<T extends KubeObject>(informer: Source<T>['informer'], keys: Source<T>['keys']): Source {
  return { informer, keys };
}

export interface ControllerOptions {
  readonly name: string;
  readonly sources: readonly Source[];
  /**
   * Looks at the whole of one key and moves it a step closer. Throwing means: try again with growing pauses.
   * Never called twice at once for one key.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a reconcile that has nothing to say need not return.
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult | void>;
  readonly workers?: number;
  /** Default 600; 0: never. */
  readonly resyncSeconds?: number;
  /** The longest pause after failures. Default 60. */
  readonly mostBackoffSeconds?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly metrics?: Registry;
}

export interface Controller extends Stoppable {
  /** Waits for the sources' first lists, then works until stopped. */
  start(): Promise<void>;
  enqueue(key: string): void;
  /** Nothing waits and nothing is worked on (appointments aside). */
  isIdle(): boolean;
}

/** Runs `reconcile` for each key that a source names: at once, after failures with back-off, and at every resync. */
export function createController(options: ControllerOptions): Controller {
  const { name, reconcile } = options;
  const clock = options.clock ?? systemClock;
  const logger = (options.logger ?? silentLogger).child({ controller: name });
  const workers = options.workers ?? 2;
  const mostBackoffMs = (options.mostBackoffSeconds ?? 60) * 1000;
  const resyncMs = (options.resyncSeconds ?? 600) * 1000;
  const queue = createWorkQueue(clock);
  const failures = new Map<string, number>();
  /** Keys that only the resync has asked for since they were last looked at. */
  const resyncOnly = new Set<string>();
  const running = new Set<Promise<void>>();
  const ending: (() => void)[] = [];
  let cancelResync: () => void = () => undefined;
  const stopping = new AbortController();
  let isStarted = false;

  const duration = histogramOf(
    options.metrics,
    'slipway_controller_reconcile_seconds',
    'How long a look at one key took.',
    ['controller', 'outcome'],
  );
  const corrections = counterOf(
    options.metrics,
    'slipway_controller_resync_corrections_total',
    'Actions that only the periodic resync found necessary.',
    ['controller'],
  );

  const enqueue = (key: string) => {
    resyncOnly.delete(key);
    queue.add(key);
  };

  const work = async (key: string) => {
    const fromResync = resyncOnly.delete(key);
    const startedAt = clock.now();
    queue.cancel(key);
    let outcome = 'done';
    try {
      const result = (await reconcile(key, stopping.signal)) ?? {};
      failures.delete(key);
      if (fromResync && result.actions) corrections?.inc({ controller: name }, result.actions);
      if (result.waitSeconds !== undefined) queue.addAfter(key, Math.max(result.waitSeconds * 1000, 10));
    } catch (error) {
      outcome = 'failed';
      if (isNamespaceTerminating(error)) {
        // What wanted it is deleted next; there is nothing to try again for.
        failures.delete(key);
        logger.debug({ key, error }, 'the namespace is on its way out');
      } else if (!stopping.signal.aborted) {
        const count = failures.get(key) ?? 0;
        failures.set(key, count + 1);
        const pauseMs = backoffMs(count, clock.random(), isConflict(error) ? 20 : 100, mostBackoffMs);
        queue.addAfter(key, pauseMs);
        // Somebody else was quicker: part of the trade, not worth a warning.
        if (isConflict(error)) logger.debug({ key, error, pauseMs }, 'the object changed meanwhile: looking again');
        else logger.warn({ key, error, pauseMs }, 'reconciling failed: trying again');
      }
    } finally {
      duration?.observe({ controller: name, outcome }, (clock.now() - startedAt) / 1000);
      queue.done(key);
    }
  };

  const pump = () => {
    while (isStarted && !stopping.signal.aborted && running.size < workers) {
      const key = queue.take();
      if (key === undefined) return;
      const task = work(key).finally(() => {
        running.delete(task);
        pump();
      });
      running.add(task);
    }
  };
  queue.onReady(pump);

  const scheduleResync = () => {
    if (resyncMs <= 0) return;
    cancelResync = clock.after(resyncMs * (0.9 + clock.random() * 0.2), () => {
      for (const { informer, keys } of options.sources) {
        for (const key of informer.list().flatMap(keys)) {
          resyncOnly.add(key);
          queue.add(key);
        }
      }
      scheduleResync();
    });
  };

  return {
    enqueue,
    isIdle: () => queue.length === 0 && queue.working === 0,
    start: async () => {
      await Promise.all(options.sources.map((source) => source.informer.synced()));
      if (stopping.signal.aborted) return;
      scheduleResync();
      for (const { informer, keys } of options.sources) {
        const listen = informer.onChange((change) => {
          for (const key of keys(change.object)) enqueue(key);
          if (change.old) for (const key of keys(change.old)) enqueue(key);
        });
        ending.push(listen);
      }
      isStarted = true;
      pump();
    },
    stop: async () => {
      stopping.abort();
      cancelResync();
      for (const end of ending.reverse()) end();
      queue.stop();
      await Promise.allSettled(running);
    },
  };
}
