import type { Pool, PoolClient } from 'pg';
import { changeOf } from './batch.js';
import { Memory } from './memory.js';
import { earlierSql, logSql, objectsSql } from './schema.js';
import { keyOf, StoredObject, StoreEvent } from './stored-object.js';

interface LogRow {
  counter: string;
  compacted: string;
  revision: string | null;
  change: number;
  resource: string;
  namespace: string;
  name: string;
  at: string;
  data: string;
}

interface ObjectRow {
  resource: string;
  namespace: string;
  name: string;
  revision: string;
  data: string;
}

interface EarlierRow extends ObjectRow {
  change: number;
}

/** What the log says after a revision, of one moment of the database. */
export interface LogPart {
  /** The database's last revision. */
  revision: number;
  compacted: number;
  events: StoreEvent[];
}

/** Reads the log after a revision, some thousand changes at most; `base` holds the state that it continues, `latest` what is known of single objects before. */
export async function readLog(
  connection: Pool | PoolClient,
  after: number,
  base: Memory,
  latest: Map<string, StoredObject | undefined> = new Map(),
): Promise<LogPart> {
  const { rows } = await connection.query<LogRow>({ ...logSql, values: [after] });
  const events: StoreEvent[] = [];
  for (const row of rows) {
    if (row.revision === null) continue;
    const revision = Number(row.revision);
    const key = keyOf(row.resource, row.namespace, row.name);
    const known = base.get(row.resource, row.namespace, row.name);
    const type = changeOf(row.change);
    // The state already holds the object of its last change: one copy of the bytes is enough.
    const object =
      known?.revision === revision
        ? known
        : new StoredObject(row.resource, row.namespace, row.name, revision, Buffer.from(row.data));
    const previous = latest.has(key) ? latest.get(key) : known && known.revision < revision ? known : undefined;
    latest.set(key, type === 'DELETED' ? undefined : object);
    // Should the state before be unknown, its own stands in.
    events.push(new StoreEvent(type, object, type === 'ADDED' ? undefined : (previous ?? object), Number(row.at)));
  }
  const [first] = rows;
  if (!first) throw new Error('the table store_state is empty: restore the database from a backup');
  return { revision: Number(first.counter), compacted: Number(first.compacted), events };
}

/** Reads the whole state and the log, of one moment. */
export async function readState(connection: PoolClient): Promise<Memory> {
  const memory = new Memory();
  await connection.query('begin isolation level repeatable read, read only');
  try {
    let last: readonly string[] = ['', '', ''];
    for (;;) {
      const { rows } = await connection.query<ObjectRow>({ ...objectsSql, values: [...last] });
      for (const row of rows)
        memory.load(
          new StoredObject(row.resource, row.namespace, row.name, Number(row.revision), Buffer.from(row.data)),
        );
      const end = rows.at(-1);
      if (!end) break;
      last = [end.resource, end.namespace, end.name];
    }
    const latest = new Map<string, StoredObject | undefined>();
    const state = await connection.query<{ compacted: string }>('select compacted from store_state');
    const earlier = await connection.query<EarlierRow>(earlierSql, [state.rows[0]?.compacted ?? 0]);
    for (const row of earlier.rows) {
      const { resource, namespace, name, change } = row;
      const object = new StoredObject(resource, namespace, name, Number(row.revision), Buffer.from(row.data));
      latest.set(keyOf(resource, namespace, name), changeOf(change) === 'DELETED' ? undefined : object);
    }
    for (let after = 0; ; ) {
      const log = await readLog(connection, after, memory, latest);
      memory.compacted = Math.max(memory.compacted, log.compacted);
      for (const event of log.events) memory.remember(event);
      after = log.events.at(-1)?.revision ?? log.revision;
      memory.revision = log.revision;
      if (after >= log.revision) return memory;
    }
  } finally {
    await connection.query('rollback');
  }
}
