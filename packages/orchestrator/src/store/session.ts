import type { Notification, Pool, PoolClient } from 'pg';
import { UnavailableError } from './errors.js';
import { channel, followHistorySql, memberLock, schemaSql, stateSql } from './schema.js';

/** A server that has seen nobody else believes for this long that it is alone. */
const beliefMilliseconds = 2_000;
/** A server that joins others must not write before their belief to be alone has ended. */
const joinMilliseconds = 3_000;
const statementMilliseconds = 20_000;

export interface DatabaseState {
  revision: number;
  compacted: number;
  /** Servers on this database, this one included. */
  members: number;
}

/** Names one backend of PostgreSQL for all time: process ids are used again. */
export interface Backend {
  pid: number;
  startedAt: string;
}

export interface SessionEvents {
  lost(session: Session, error: Error): void;
  told(revision: number): void;
}

/**
 * The connection a server writes with. It holds the members' lock, shared, for as long as it lives: who can count the holders
 * knows whether anybody else can write.
 */
export class Session {
  /** By performance.now(): until then nobody else has written. */
  aloneUntil = 0;
  /** By performance.now(): from then on this server may write. */
  writableAt = 0;
  #isOver = false;

  private constructor(
    readonly connection: PoolClient,
    readonly backend: Backend,
  ) {}

  /** `isWanted` turning false ends the waiting. */
  static async open(
    pool: Pool,
    events: SessionEvents,
    isWanted: () => boolean,
    wait: (milliseconds: number) => Promise<void>,
    onWaiting: () => void,
  ): Promise<Session> {
    const connection = await pool.connect();
    let session: Session | undefined;
    connection.on('error', (error) => {
      if (session) events.lost(session, error);
    });
    try {
      await connection.query(`set statement_timeout = ${statementMilliseconds}; set synchronous_commit = on`);
      // A server of a version before this one holds the same lock alone.
      for (let waited = 0; ; waited++) {
        const { rows } = await connection.query('select pg_try_advisory_lock_shared($1) as held', [memberLock]);
        if (rows[0]?.held) break;
        if (!isWanted()) throw new UnavailableError('the store is closed');
        if (waited % 30 === 0) onWaiting();
        await wait(300);
      }
      await connection.query(schemaSql);
      await connection.query(followHistorySql);
      const { rows } = await connection.query<{ pid: number; started: string }>(
        'select pid, backend_start::text as started from pg_stat_activity where pid = pg_backend_pid()',
      );
      const [own] = rows;
      session = new Session(connection, { pid: own?.pid ?? 0, startedAt: own?.started ?? '' });
      connection.on('notification', (message: Notification) => {
        if (message.channel === channel) events.told(Number(message.payload));
      });
      await connection.query(`listen ${channel}`);
      session.writableAt = performance.now() + joinMilliseconds;
      await session.look();
      return session;
    } catch (error) {
      connection.removeAllListeners('error');
      connection.on('error', () => {});
      connection.release(true);
      throw error;
    }
  }

  get isAlone(): boolean {
    return performance.now() < this.aloneUntil;
  }

  /** Reads the counter and counts the members. Throws when the database does not answer in time. */
  async look(): Promise<DatabaseState> {
    const asked = performance.now();
    const { rows } = await withTimeout(
      this.connection.query<{ revision: string; compacted: string; members: number }>(stateSql),
      statementMilliseconds,
    );
    const [row] = rows;
    if (!row) throw new Error('the table store_state is empty: restore the database from a backup');
    if (row.members <= 1) {
      this.aloneUntil = asked + beliefMilliseconds;
      this.writableAt = 0;
    } else this.aloneUntil = 0;
    return { revision: Number(row.revision), compacted: Number(row.compacted), members: row.members };
  }

  /** Gives the connection up, and the membership with it. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.aloneUntil = 0;
    this.connection.removeAllListeners('error');
    this.connection.removeAllListeners('notification');
    this.connection.on('error', () => {});
    this.connection.release(true);
  }
}

/** Makes sure that a backend whose connection was lost will not commit anything any more. */
export async function endBackend(connection: PoolClient, { pid, startedAt }: Backend): Promise<void> {
  for (;;) {
    const { rowCount } = await connection.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start::text = $2',
      [pid, startedAt],
    );
    if (rowCount === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function withTimeout<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
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
