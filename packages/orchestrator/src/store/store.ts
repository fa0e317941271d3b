import type { Pool, PoolClient } from 'pg';
import type { KubeObject } from '../kinds/index.js';
import { ConflictError, UnavailableError } from './errors.js';
import { Memory } from './memory.js';
import { commitSql, compactSql, schemaSql } from './schema.js';
import { type ChangeType, keyOf, StoredObject, StoreEvent } from './stored-object.js';

export interface Change {
  resource: string;
  /** Empty for what is not in a namespace. */
  namespace: string;
  name: string;
  /** The revision the object must be at; 0: there must be none. May be absent where `value` is a function. */
  expect?: number;
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

export interface WatchSink {
  resource: string;
  namespace?: string;
  onEvents(events: readonly StoreEvent[]): void;
  /** The log this watch follows is gone: the reader must list again. */
  onReset(): void;
}

export interface Store {
  /** The last committed revision. */
  readonly revision: number;
  readonly isReady: boolean;
  get(resource: string, namespace: string, name: string): StoredObject | undefined;
  list(resource: string, at?: number): readonly StoredObject[];
  /** Grows with every committed change of the resource and with every reload of the state. */
  version(resource: string): number;
  /**
   * All changes or none; resolves when PostgreSQL has committed them, with one object for each change in order, `undefined`
   * for a row that its function left as it is. Throws ConflictError, UnavailableError and what a function throws.
   */
  commit(changes: readonly Change[]): Promise<(StoredObject | undefined)[]>;
  /** Delivers what came after `from` at once, then every change as it is committed. Throws CompactedError. */
  watch(from: number, sink: WatchSink): { close(): void };
  counts(): Map<string, number>;
  compact(keepMilliseconds: number, keepEvents: number): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  pool: Pool;
  log?: { info(details: object, message: string): void; warn(details: object, message: string): void };
  now?: () => number;
}

interface Pending {
  changes: readonly Change[];
  resolve(objects: (StoredObject | undefined)[]): void;
  reject(error: Error): void;
}

const lockKey = 7_644_001;
const batchSize = 256;
const changeNumber: Record<ChangeType, number> = { ADDED: 1, MODIFIED: 2, DELETED: 3 };
const changeOf = (number: number): ChangeType => (number === 1 ? 'ADDED' : number === 2 ? 'MODIFIED' : 'DELETED');
const statementTimeout = 20_000;

interface LogRow {
  revision: string;
  change: number;
  resource: string;
  namespace: string;
  name: string;
  at: Date;
  data: Buffer;
}

/** Opens the store; resolves when this process is the writer and has read the state. */
export async function createStore(options: StoreOptions): Promise<Store> {
  const store = new PostgresStore(options);
  await store.open();
  return store;
}

class PostgresStore implements Store {
  #memory = new Memory();
  #connection: PoolClient | undefined;
  #queue: Pending[] = [];
  #isWriting = false;
  #isClosed = false;
  #isLoaded = false;
  /** Moves with each reload, by more than any version of the memory before. */
  #versionBase = 0;
  #compactTo: { revision: number; done(error?: Error): void } | undefined;
  #wakeReconnect: (() => void) | undefined;
  readonly #sinks = new Map<string, Set<WatchSink>>();
  readonly #pool: Pool;
  readonly #options: StoreOptions;
  readonly #now: () => number;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#pool = options.pool;
    this.#now = options.now ?? Date.now;
    // Without a listener an idle connection that breaks would end the process.
    this.#pool.on('error', () => {});
  }

  get revision(): number {
    return this.#memory.revision;
  }

  get isReady(): boolean {
    return this.#connection !== undefined && this.#isLoaded;
  }

  async open(): Promise<void> {
    await this.#connect();
    this.#heartbeat = setInterval(() => void this.#beat(), 5_000);
    this.#heartbeat.unref();
  }

  get(resource: string, namespace: string, name: string): StoredObject | undefined {
    this.#assertReady();
    return this.#memory.get(resource, namespace, name);
  }

  list(resource: string, at?: number): readonly StoredObject[] {
    this.#assertReady();
    return this.#memory.list(resource, at);
  }

  counts(): Map<string, number> {
    return this.#memory.counts();
  }

  version(resource: string): number {
    return this.#versionBase + this.#memory.version(resource);
  }

  commit(changes: readonly Change[]): Promise<(StoredObject | undefined)[]> {
    return new Promise((resolve, reject) => {
      if (!this.isReady) {
        reject(new UnavailableError('the database cannot be reached'));
        return;
      }
      this.#queue.push({ changes, resolve, reject });
      void this.#drain();
    });
  }

  watch(from: number, sink: WatchSink): { close(): void } {
    this.#assertReady();
    const missed = this.#memory.since(from).filter((event) => concerns(sink, event));
    const sinks = this.#sinks.get(sink.resource) ?? new Set();
    this.#sinks.set(sink.resource, sinks);
    sinks.add(sink);
    if (missed.length > 0) sink.onEvents(missed);
    return { close: () => sinks.delete(sink) };
  }

  async compact(keepMilliseconds: number, keepEvents: number): Promise<void> {
    const revision = this.#memory.compactable(this.#now() - keepMilliseconds, keepEvents);
    if (revision <= this.#memory.compacted || !this.isReady || this.#compactTo) return;
    await new Promise<void>((resolve, reject) => {
      this.#compactTo = { revision, done: (error) => (error ? reject(error) : resolve()) };
      void this.#drain();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    this.#wakeReconnect?.();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#failQueue(new UnavailableError('the store is closed'));
    if (connection) {
      connection.removeAllListeners('error');
      connection.on('error', () => {});
      connection.release(true);
    }
  }

  #assertReady(): void {
    if (!this.isReady) throw new UnavailableError('the database cannot be reached');
  }

  async #connect(): Promise<void> {
    const connection = await this.#pool.connect();
    connection.on('error', (error) => this.#lost(connection, error));
    try {
      for (let waited = 0; ; waited++) {
        const { rows } = await connection.query('select pg_try_advisory_lock($1) as held', [lockKey]);
        if (rows[0].held) break;
        if (this.#isClosed) throw new UnavailableError('the store is closed');
        if (waited % 30 === 0) this.#options.log?.info({}, 'another process holds the store; waiting for it to end');
        await this.#pause(300);
      }
      await connection.query(`set statement_timeout = ${statementTimeout}; set synchronous_commit = on`);
      await connection.query(schemaSql);
      await this.#read(connection);
    } catch (error) {
      connection.release(true);
      throw error;
    }
    if (this.#isClosed) {
      connection.release(true);
      throw new UnavailableError('the store is closed');
    }
    this.#connection = connection;
  }

  /** Brings memory to the database's state: the whole at start, later only what was missed. */
  async #read(connection: PoolClient): Promise<void> {
    const state = await connection.query<{ revision: string; compacted: string }>(
      'select revision, compacted from store_state',
    );
    const revision = Number(state.rows[0]?.revision ?? 0);
    const compacted = Number(state.rows[0]?.compacted ?? 0);
    if (this.#isLoaded && compacted <= this.#memory.revision && revision >= this.#memory.revision) {
      const events = await this.#readLog(connection, this.#memory.revision, this.#memory);
      for (const event of events) this.#memory.apply(event);
      this.#dispatch(events);
      return;
    }
    const memory = new Memory();
    const objects = await connection.query('select resource, namespace, name, revision, data from objects');
    for (const row of objects.rows)
      memory.load(new StoredObject(row.resource, row.namespace, row.name, Number(row.revision), row.data));
    memory.revision = revision;
    memory.compacted = compacted;
    for (const event of await this.#readLog(connection, compacted, undefined)) memory.remember(event);
    const wasLoaded = this.#isLoaded;
    this.#versionBase += this.#memory.changes + 1;
    this.#memory = memory;
    this.#isLoaded = true;
    if (wasLoaded) {
      const sinks = [...this.#sinks.values()].flatMap((set) => [...set]);
      this.#sinks.clear();
      for (const sink of sinks) sink.onReset();
    }
  }

  /** `base` is the state the log continues; without it the first mention of a key in the log has no previous state. */
  async #readLog(connection: PoolClient, after: number, base: Memory | undefined): Promise<StoreEvent[]> {
    const { rows } = await connection.query<LogRow>(
      'select revision, change, resource, namespace, name, at, data from revisions where revision > $1 order by revision',
      [after],
    );
    const latest = new Map<string, StoredObject | undefined>();
    return rows.map((row) => {
      const key = keyOf(row.resource, row.namespace, row.name);
      const object = new StoredObject(row.resource, row.namespace, row.name, Number(row.revision), row.data);
      const type = changeOf(row.change);
      const previous = latest.has(key) ? latest.get(key) : base?.get(row.resource, row.namespace, row.name);
      latest.set(key, type === 'DELETED' ? undefined : object);
      // The state before the log's first change of a key is unknown; its own state stands in, so that a selector still sees it leave.
      return new StoreEvent(type, object, type === 'ADDED' ? undefined : (previous ?? object), row.at.getTime());
    });
  }

  #lost(connection: PoolClient, error: Error): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    connection.release(true);
    if (this.#isClosed) return;
    this.#options.log?.warn({ err: error }, 'lost the database; reconnecting');
    this.#failQueue(new UnavailableError('the database was lost', false, { cause: error }));
    void this.#reconnect();
  }

  #failQueue(error: Error): void {
    for (const pending of this.#queue.splice(0)) pending.reject(error);
    this.#compactTo?.done(error);
    this.#compactTo = undefined;
  }

  async #reconnect(): Promise<void> {
    for (let delay = 50; !this.#isClosed; delay = Math.min(delay * 2, 1_000)) {
      try {
        await this.#connect();
        this.#options.log?.info({ revision: this.revision }, 'the database is back');
        return;
      } catch (error) {
        if (!this.#isClosed) this.#options.log?.warn({ err: error }, 'the database cannot be reached yet');
        await this.#pause(delay);
      }
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wakeReconnect = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #beat(): Promise<void> {
    const connection = this.#connection;
    if (!connection || this.#isWriting) return;
    try {
      await withTimeout(connection.query('select 1'), statementTimeout);
    } catch (error) {
      this.#lost(connection, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #drain(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#connection && (this.#queue.length > 0 || this.#compactTo)) {
        if (this.#queue.length > 0) await this.#writeBatch(this.#connection);
        else await this.#writeCompaction(this.#connection);
      }
    } finally {
      this.#isWriting = false;
    }
  }

  async #writeBatch(connection: PoolClient): Promise<void> {
    const batch = this.#queue.splice(0, batchSize);
    const overlay = new Map<string, StoredObject | undefined>();
    const events: StoreEvent[] = [];
    const accepted: { pending: Pending; objects: (StoredObject | undefined)[] }[] = [];
    const base = this.#memory.revision;
    const at = this.#now();
    for (const pending of batch) {
      try {
        const objects = this.#build(pending.changes, base + events.length, at, overlay, events);
        accepted.push({ pending, objects });
      } catch (error) {
        pending.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    const revision = base + events.length;
    if (events.length === 0) {
      for (const { pending, objects } of accepted) pending.resolve(objects);
      return;
    }
    try {
      const values = commitValues(events, overlay, revision, base);
      const query = connection.query({ name: 'commit', text: commitSql, values });
      const { rowCount } = await withTimeout(query, statementTimeout + 5_000);
      if (rowCount !== 1) throw new Error('the log was moved by another writer');
    } catch (error) {
      // Whether the commit happened is unknown: the connection is given up, and the state is read again from the log.
      const cause = error instanceof Error ? error : new Error(String(error));
      for (const { pending } of accepted)
        pending.reject(new UnavailableError('the database did not confirm the change', true, { cause }));
      this.#lost(connection, cause);
      return;
    }
    for (const event of events) this.#memory.apply(event);
    for (const { pending, objects } of accepted) pending.resolve(objects);
    this.#dispatch(events);
  }

  async #writeCompaction(connection: PoolClient): Promise<void> {
    const job = this.#compactTo;
    if (!job) return;
    try {
      await connection.query(compactSql, [job.revision]);
      this.#memory.compact(job.revision);
      this.#compactTo = undefined;
      job.done();
    } catch (error) {
      this.#lost(connection, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Adds one commit's events and states to the batch; throws, with nothing added, when the commit cannot be made. */
  #build(
    changes: readonly Change[],
    base: number,
    at: number,
    overlay: Map<string, StoredObject | undefined>,
    events: StoreEvent[],
  ): (StoredObject | undefined)[] {
    const own = new Map<string, StoredObject | undefined>();
    const added: StoreEvent[] = [];
    const objects = changes.map((change) => {
      const { resource, namespace, name, expect } = change;
      const key = keyOf(resource, namespace, name);
      const previous = own.has(key)
        ? own.get(key)
        : overlay.has(key)
          ? overlay.get(key)
          : this.#memory.get(resource, namespace, name);
      if (expect !== undefined && expect !== (previous?.revision ?? 0))
        throw new ConflictError(change, expect, previous?.revision ?? 0);
      const value = typeof change.value === 'function' ? change.value(previous) : change.value;
      if (!value || (change.remove && !previous)) return undefined;
      const revision = base + added.length + 1;
      value.metadata.resourceVersion = String(revision);
      const object = new StoredObject(resource, namespace, name, revision, Buffer.from(JSON.stringify(value)));
      const type = change.remove ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED';
      added.push(new StoreEvent(type, object, previous, at));
      own.set(key, change.remove ? undefined : object);
      return object;
    });
    for (const [key, object] of own) overlay.set(key, object);
    events.push(...added);
    return objects;
  }

  #dispatch(events: readonly StoreEvent[]): void {
    const byResource = new Map<string, StoreEvent[]>();
    for (const event of events) {
      const list = byResource.get(event.object.resource);
      if (list) list.push(event);
      else byResource.set(event.object.resource, [event]);
    }
    for (const [resource, list] of byResource) {
      for (const sink of this.#sinks.get(resource) ?? []) {
        const mine = sink.namespace === undefined ? list : list.filter((event) => concerns(sink, event));
        if (mine.length > 0) sink.onEvents(mine);
      }
    }
  }
}

function concerns(sink: WatchSink, event: StoreEvent): boolean {
  return (
    event.object.resource === sink.resource &&
    (sink.namespace === undefined || sink.namespace === event.object.namespace)
  );
}

function commitValues(
  events: readonly StoreEvent[],
  overlay: ReadonlyMap<string, StoredObject | undefined>,
  revision: number,
  base: number,
): unknown[] {
  const written: StoredObject[] = [];
  const removed: StoredObject[] = [];
  const seen = new Set<string>();
  for (const { object } of events) {
    const key = keyOf(object.resource, object.namespace, object.name);
    if (seen.has(key)) continue;
    seen.add(key);
    const final = overlay.get(key);
    if (final) written.push(final);
    else removed.push(object);
  }
  const logged = events.map((event) => event.object);
  return [
    logged.map((each) => each.revision),
    events.map((each) => changeNumber[each.type]),
    logged.map((each) => each.resource),
    logged.map((each) => each.namespace),
    logged.map((each) => each.name),
    logged.map((each) => each.bytes),
    written.map((each) => each.resource),
    written.map((each) => each.namespace),
    written.map((each) => each.name),
    written.map((each) => each.revision),
    written.map((each) => each.bytes),
    removed.map((each) => each.resource),
    removed.map((each) => each.namespace),
    removed.map((each) => each.name),
    revision,
    base,
  ];
}

async function withTimeout<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
