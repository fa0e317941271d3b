import type { Pool } from 'pg';
import type { KubeObject } from '../kinds/index.js';
import type { StoredObject } from './stored-object.js';
import type { Subscription, WatchSink } from './watchers.js';

export interface Change {
  resource: string;
  /** Empty for what is not in a namespace. */
  namespace: string;
  name: string;
  /** The revision the object must be at; 0: there must be none. May be absent where `value` is a function. */
  expect?: number | undefined;
  /** The new state, or with `remove` the last state. The store writes `metadata.resourceVersion` into it. */
  value: KubeObject | ComputeValue;
  remove?: boolean;
}

/**
 * Computes a row's new state when the writer builds its batch, on the newest state with the earlier changes of the same
 * batch in it. It may be called more than once and must not wait. `undefined` leaves the row as it is; what it throws
 * rejects the whole commit, of which nothing is written then. `current.value` is shared: copy before changing.
 */
export type ComputeValue = (current: StoredObject | undefined) => KubeObject | undefined;

export interface Store {
  /** The last committed revision. */
  readonly revision: number;
  /** The last revision that the log has forgotten: watches and lists of the past begin there. */
  readonly compacted: number;
  readonly isReady: boolean;
  /**
   * Before a read that must see what any server has acknowledged: `undefined` when no other server is alive, else wait for it.
   * Rejects with UnavailableError when the database does not answer.
   */
  confirm(): Promise<void> | undefined;
  get(resource: string, namespace: string, name: string): StoredObject | undefined;
  /** Sorted by namespace and name; the array never changes. `at`: as of an earlier revision. Throws CompactedError. */
  list(resource: string, at?: number, namespace?: string): readonly StoredObject[];
  /** Grows with every committed change of the resource and with every reload of the state. */
  version(resource: string): number;
  /**
   * All changes or none; resolves when PostgreSQL has committed them, with one object for each change in order, `undefined`
   * for a row that its function left as it is. Throws ConflictError, UnavailableError and what a function throws.
   */
  commit(changes: readonly Change[]): Promise<(StoredObject | undefined)[]>;
  /** Delivers what came after `from` at once, then every change as it is committed. Throws CompactedError. */
  watch(from: number, sink: WatchSink): Subscription;
  counts(): Map<string, number>;
  compact(keepMilliseconds: number, keepEvents: number): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  pool: Pool;
  log?: { info(details: object, message: string): void; warn(details: object, message: string): void };
  /** Milliseconds since 1970. */
  now?: () => number;
}
