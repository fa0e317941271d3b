import { DatabaseError, type Pool } from 'pg';
import { type Batch, buildBatch, commitValues, type Pending, type Written } from './batch.js';
import type { Change, Store, StoreOptions } from './contract.js';
import { UnavailableError } from './errors.js';
import { Memory } from './memory.js';
import { readLog, readState } from './reader.js';
import { commitAlone, commitAndTell, forgetSql } from './schema.js';
import { endBackend, Session, withTimeout } from './session.js';
import type { StoredObject, StoreEvent } from './stored-object.js';
import { type Subscription, Watchers, type WatchSink } from './watchers.js';

const batchSize = 256;
const beatMilliseconds = 1_000;
/** While it waits to become a writer, a joiner looks more often whether the others are gone. */
const joiningBeatMilliseconds = 100;
/** For this long after a batch met another writer's, batches take their turn at the counter's row. */
const contendedMilliseconds = 1_000;
/** How long a commit waits for the answer to whether it happened, after the connection was lost in the middle of it. */
const undecidedMilliseconds = 5_000;
const answerMilliseconds = 25_000;

export class PostgresStore implements Store {
  #memory = new Memory();
  #session: Session | undefined;
  #queue: Pending[] = [];
  #isWriting = false;
  #isClosed = false;
  #isLoaded = false;
  /** Moves with each reload, by more than any version of the memory before. */
  #versionBase = 0;
  #contendedUntil = 0;
  /** So many of the waiting commits are tried one by one, because the database refused them together. */
  #single = 0;
  #undecided: { batch: Batch; backend: Session['backend']; timer: NodeJS.Timeout } | undefined;
  #confirming: Promise<void> | undefined;
  #confirmingNext: Promise<void> | undefined;
  #beatTimer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  readonly #watchers = new Watchers();
  readonly #pool: Pool;
  readonly #options: StoreOptions;
  readonly #now: () => number;

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

  get compacted(): number {
    return this.#memory.compacted;
  }

  get isReady(): boolean {
    return this.#session !== undefined && this.#isLoaded;
  }

  async open(): Promise<void> {
    await this.#connect();
    this.#scheduleBeat();
  }

  get(resource: string, namespace: string, name: string): StoredObject | undefined {
    this.#assertReady();
    return this.#memory.get(resource, namespace, name);
  }

  list(resource: string, at?: number, namespace?: string): readonly StoredObject[] {
    this.#assertReady();
    return this.#memory.list(resource, at, namespace);
  }

  version(resource: string): number {
    return this.#versionBase + this.#memory.version(resource);
  }

  counts(): Map<string, number> {
    return this.#memory.counts();
  }

  watch(from: number, sink: WatchSink): Subscription {
    this.#assertReady();
    const all = this.#memory.since(sink.resource, from);
    const { namespace } = sink;
    const missed = namespace === undefined ? all : all.filter((event) => event.object.namespace === namespace);
    const subscription = this.#watchers.add(sink, Math.max(from, this.#memory.revision));
    if (missed.length > 0) sink.onEvents(missed);
    return subscription;
  }

  commit(changes: readonly Change[]): Promise<Written> {
    return new Promise((resolve, reject) => {
      if (!this.isReady) {
        reject(new UnavailableError('the database cannot be reached'));
        return;
      }
      this.#queue.push({ changes, isCurrent: false, resolve, reject });
      void this.#drain();
    });
  }

  confirm(): Promise<void> | undefined {
    if (this.#session?.isAlone) return undefined;
    return this.#confirm();
  }

  async compact(keepMilliseconds: number, keepEvents: number): Promise<void> {
    const revision = this.#memory.compactable(this.#now() - keepMilliseconds, keepEvents);
    if (!this.isReady || revision <= 0) return;
    // Not on the writer's connection: commits go on meanwhile. What is above the mark is never deleted, below it never read.
    await this.#pool.query('update store_state set compacted = $1::bigint where compacted < $1::bigint', [revision]);
    this.#memory.compact(revision);
    await this.#pool.query(forgetSql, [revision]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#beatTimer);
    this.#wake?.();
    this.#fail(new UnavailableError('the store is closed'));
    const undecided = this.#undecided;
    if (undecided) this.#giveUp(undecided.batch, new Error('the store was closed'));
    this.#session?.end();
    this.#session = undefined;
  }

  #assertReady(): void {
    if (!this.isReady) throw new UnavailableError('the database cannot be reached');
  }

  // --- the connection -------------------------------------------------------------------------------------------------

  async #connect(): Promise<void> {
    const session = await Session.open(
      this.#pool,
      {
        lost: (lost, error) => this.#lost(lost, error),
        told: (revision) => this.#told(revision),
      },
      () => !this.#isClosed,
      (milliseconds) => this.#pause(milliseconds),
      () => this.#options.log?.info({}, 'another process holds the store alone; waiting for it to end'),
    );
    try {
      if (this.#undecided) await endBackend(session.connection, this.#undecided.backend);
      if (!(this.#isLoaded && (await this.#follow(session)))) await this.#load(session);
      if (this.#undecided) await this.#decide(session, this.#undecided.batch);
      if (this.#isClosed) throw new UnavailableError('the store is closed');
    } catch (error) {
      session.end();
      throw error;
    }
    this.#session = session;
    void this.#drain();
  }

  #lost(session: Session, error: Error): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    session.end();
    if (this.#isClosed) return;
    this.#options.log?.warn({ err: error }, 'lost the database; reconnecting');
    this.#fail(new UnavailableError('the database was lost', false, { cause: error }));
    void this.#reconnect();
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

  #fail(error: Error): void {
    for (const pending of this.#queue.splice(0)) pending.reject(error);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #scheduleBeat(): void {
    if (this.#isClosed) return;
    const isJoining = this.#session !== undefined && this.#session.writableAt > performance.now();
    this.#beatTimer = setTimeout(
      () => void this.#beat().finally(() => this.#scheduleBeat()),
      isJoining ? joiningBeatMilliseconds : beatMilliseconds,
    );
    this.#beatTimer.unref();
  }

  /** Counts the members, and follows what the others did, should no notice have come. */
  async #beat(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    try {
      const state = await session.look();
      if (state.revision > this.#memory.revision && !this.#isWriting) await this.#confirm();
      if (state.compacted > this.#memory.compacted) this.#memory.compact(state.compacted);
      void this.#drain();
    } catch (error) {
      this.#lost(session, asError(error));
    }
  }

  // --- following the other servers ------------------------------------------------------------------------------------

  /** One question to the database for all that wait; who comes while it is under way waits for the next one. */
  #confirm(): Promise<void> {
    if (!this.#confirming) {
      this.#confirming = this.#askAndFollow().finally(() => {
        this.#confirming = undefined;
      });
      return this.#confirming;
    }
    this.#confirmingNext ??= this.#confirming
      .catch(() => undefined)
      .then(() => {
        this.#confirmingNext = undefined;
        return this.#confirm();
      });
    return this.#confirmingNext;
  }

  async #askAndFollow(): Promise<void> {
    this.#assertReady();
    try {
      const { rows } = await withTimeout(
        this.#pool.query<{ revision: string }>('select revision from store_state'),
        answerMilliseconds,
      );
      if (Number(rows[0]?.revision ?? 0) !== this.#memory.revision && !(await this.#follow())) await this.#load();
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      throw new UnavailableError('the database did not confirm that this is the latest state', false, { cause: error });
    }
    this.#assertReady();
  }

  #told(revision: number): void {
    if (revision <= this.#memory.revision || !this.isReady) return;
    this.#confirm().catch((error: unknown) => this.#options.log?.warn({ err: error }, 'could not follow the log'));
  }

  /** Applies what the log has beyond memory; false when the log does not reach back so far, or the counter went back. */
  async #follow(session?: Session): Promise<boolean> {
    for (;;) {
      const after = this.#memory.revision;
      const part = await withTimeout(
        readLog(session?.connection ?? this.#pool, after, this.#memory),
        answerMilliseconds,
      );
      if (part.compacted > after || part.revision < after) {
        // Memory may have moved on while the question was under way.
        if (part.compacted > this.#memory.revision || part.revision < after) return false;
        continue;
      }
      this.#advance(part.events);
      if (this.#memory.revision >= part.revision) return true;
      if (part.events.length === 0) return false;
    }
  }

  /** Applies events that memory does not have yet. They may come twice: from the log and as the answer to a commit. */
  #advance(events: readonly StoreEvent[]): void {
    const news = events.filter((event) => event.revision > this.#memory.revision);
    const [first] = news;
    if (!first) return;
    if (first.revision !== this.#memory.revision + 1)
      throw new Error(`the log steps from ${this.#memory.revision} to ${first.revision}`);
    for (const event of news) this.#memory.apply(event);
    this.#watchers.announce(news);
  }

  async #load(session?: Session): Promise<void> {
    const connection = session?.connection ?? (await this.#pool.connect());
    try {
      const memory = await readState(connection);
      this.#versionBase += this.#memory.changes + 1;
      this.#memory = memory;
      if (this.#isLoaded) this.#watchers.reset();
      this.#isLoaded = true;
    } finally {
      if (!session && 'release' in connection) connection.release();
    }
  }

  // --- writing --------------------------------------------------------------------------------------------------------

  async #drain(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#session && this.#queue.length > 0) {
        const wait = this.#session.writableAt - performance.now();
        if (wait > 0) await this.#pause(Math.min(wait, joiningBeatMilliseconds));
        else await this.#write(this.#session);
      }
    } finally {
      this.#isWriting = false;
    }
  }

  async #write(session: Session): Promise<void> {
    const isAlone = session.isAlone;
    const isContended = performance.now() < this.#contendedUntil;
    let batch: Batch | undefined;
    try {
      if (isContended) await this.#takeTurn(session);
      batch = buildBatch(this.#memory, this.#queue, this.#batchSize(), this.#now());
      const isLatest = isAlone || isContended;
      const isStale = this.#refuse(batch, isLatest);
      if (batch.events.length === 0) {
        if (isContended) await session.connection.query('rollback');
        if (isStale) await this.#catchUp(session);
        return;
      }
      const sql = isAlone ? commitAlone : commitAndTell;
      const query = session.connection.query({ ...sql, values: commitValues(batch) });
      const { rowCount } = await withTimeout(query, answerMilliseconds);
      if (isContended) await withTimeout(session.connection.query('commit'), answerMilliseconds);
      if (rowCount === 1) {
        this.#acknowledge(batch);
        if (isStale) await this.#catchUp(session);
        return;
      }
      // Another server has written meanwhile: again, on what it made.
      this.#contendedUntil = performance.now() + contendedMilliseconds;
      this.#requeue(batch.accepted.map(({ pending }) => pending));
      batch = undefined;
      await this.#catchUp(session);
    } catch (error) {
      await this.#writeFailed(session, batch, asError(error));
    }
  }

  #batchSize(): number {
    if (this.#single === 0) return batchSize;
    this.#single -= 1;
    return 1;
  }

  #requeue(pending: readonly Pending[]): void {
    if (this.#session) this.#queue.unshift(...pending);
    else for (const each of pending) each.reject(new UnavailableError('the database was lost'));
  }

  /**
   * Rejects what cannot be made. What was judged on a state that another server may have changed is put back and judged again
   * on the newest; true when there is such.
   */
  #refuse(batch: Batch, isLatest: boolean): boolean {
    const again: Pending[] = [];
    for (const { pending, error } of batch.refused)
      if (isLatest || pending.isCurrent) pending.reject(error);
      else again.push(pending);
    if (batch.events.length === 0)
      for (const { pending, objects } of batch.accepted)
        if (isLatest || pending.isCurrent) pending.resolve(objects);
        else again.push(pending);
    for (const pending of again) pending.isCurrent = true;
    this.#requeue(again);
    return again.length > 0;
  }

  /** Waits for the counter's row, which no other server can move until the transaction ends, and reads what it missed. */
  async #takeTurn(session: Session): Promise<void> {
    await withTimeout(session.connection.query('begin; select 1 from store_state for update'), answerMilliseconds);
    await this.#catchUp(session);
  }

  async #catchUp(session: Session): Promise<void> {
    if (!(await this.#follow(session))) await this.#load();
  }

  #acknowledge(batch: Batch): void {
    this.#advance(batch.events);
    for (const { pending, objects } of batch.accepted) pending.resolve(objects);
  }

  async #writeFailed(session: Session, batch: Batch | undefined, error: Error): Promise<void> {
    const isRefusal = error instanceof DatabaseError && error.severity === 'ERROR' && this.#session === session;
    if (batch && isRefusal) {
      // The statement failed and nothing of it was written; the connection is sound.
      await session.connection.query('rollback').catch(() => undefined);
      const [first, ...others] = batch.accepted;
      if (others.length === 0)
        first?.pending.reject(
          new UnavailableError(`the database refused the change: ${error.message}`, false, { cause: error }),
        );
      else {
        this.#single = batch.accepted.length;
        this.#requeue(batch.accepted.map(({ pending }) => pending));
      }
      return;
    }
    if (batch && batch.events.length > 0) {
      // Whether the commit happened is not known until the database is back; then the log tells.
      const undecided = batch;
      const timer = setTimeout(() => this.#giveUp(undecided, error), undecidedMilliseconds);
      this.#undecided = { batch, backend: session.backend, timer };
    }
    if (this.#session === session) this.#lost(session, error);
    else session.end();
    if (this.#isClosed && batch) this.#giveUp(batch, error);
  }

  #giveUp(batch: Batch, cause: Error): void {
    for (const { pending } of batch.accepted)
      pending.reject(new UnavailableError('the database did not confirm the change', true, { cause }));
    if (this.#undecided?.batch === batch) {
      clearTimeout(this.#undecided.timer);
      this.#undecided = undefined;
    }
  }

  /** The log has been read to its end, and the backend that may have written the batch is gone. */
  async #decide(session: Session, batch: Batch): Promise<void> {
    const [first] = batch.events;
    if (!first || this.#undecided?.batch !== batch) return;
    const { object } = first;
    const { rows } = await session.connection.query<{ same: boolean }>(
      `select resource = $2 and namespace = $3 and name = $4 and data = $5 as same from revisions where revision = $1`,
      [first.revision, object.resource, object.namespace, object.name, object.bytes],
    );
    if (this.#undecided?.batch !== batch) return;
    clearTimeout(this.#undecided.timer);
    this.#undecided = undefined;
    const isForgotten = rows.length === 0 && this.#memory.revision >= first.revision;
    if (isForgotten) this.#giveUp(batch, new Error('the log has forgotten it'));
    else if (rows[0]?.same) for (const { pending, objects } of batch.accepted) pending.resolve(objects);
    else this.#queue.unshift(...batch.accepted.map(({ pending }) => pending));
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
