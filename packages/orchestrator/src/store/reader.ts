import type { Pool, PoolClient } from 'pg';
import { changeOf } from './batch.js';
import { Memory } from './memory.js';
import { logSql, objectsSql } from './schema.js';
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

/** What the log says after a revision, of one moment of the database. */
export interface LogPart {
  /** The database's last revision. */
  revision: number;
  compacted: number;
  events: StoreEvent[];
}

/** Reads the log after a revision, some thousand changes at most; `base` holds the state that it continues. */
export async function readLog(
  connection: Pool | PoolClient,
  after: number,
  base: Memory | undefined,
): Promise<LogPart> {
  const { rows } = await connection.query<LogRow>({ ...logSql, values: [after] });
  const latest = new Map<string, StoredObject | undefined>();
  const events: StoreEvent[] = [];
  for (const row of rows) {
    if (row.revision === null) continue;
    const revision = Number(row.revision);
    const key = keyOf(row.resource, row.namespace, row.name);
    const known = base?.get(row.resource, row.namespace, row.name);
    const type = changeOf(row.change);
    // The state already holds the object of its last change: one copy of the bytes is enough.
    const object =
      known?.revision === revision
        ? known
        : new StoredObject(row.resource, row.namespace, row.name, revision, Buffer.from(row.data));
    const previous = latest.has(key) ? latest.get(key) : known && known.revision < revision ? known : undefined;
    latest.set(key, type === 'DELETED' ? undefined : object);
    // The state before the log's first change of a key is unknown; its own state stands in, so that a selector still sees it leave.
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
    for (let after = 0; ; ) {
      const log = await readLog(connection, after, memory);
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
