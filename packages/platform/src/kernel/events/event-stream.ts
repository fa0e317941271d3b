import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { anySignal } from '../clock/any-signal.js';
import { Clock } from '../clock/clock.js';
import { Database, Prisma } from '../database/index.js';
import { Log } from '../log/log.js';
import { eventsChannel } from './event-log.js';

const pollMilliseconds = 2_000;
const batch = 200;

export interface EventFilter {
  readonly tenantId: string;
  readonly projectId?: string;
  /** Only of these projects. */
  readonly projectIds?: readonly string[];
  readonly applicationId?: string;
}

export interface StoredEvent {
  /** What Last-Event-ID brings back. */
  readonly cursor: string;
  readonly type: string;
  readonly resource: string;
  readonly data: object;
  readonly at: Date;
}

interface Row {
  txid: string;
  id: bigint;
  type: string;
  resource: string;
  data: object;
  at: Date;
}

/**
 * Follows the events table. The order is (transaction, id), and only transactions older than every running one are told: so
 * a cursor never passes an event that commits later. A notice of PostgreSQL shortens the wait; polling finds what it missed.
 */
@Injectable()
export class EventStream implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly waiting = new Set<() => void>();
  private listening: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Events after `lastEventId` (or from now on), until `signal` aborts or the process drains. A function is asked for its
   * filter before each look, so that a right which was taken away ends the stream: undefined is the end.
   */
  async *follow(
    filter: EventFilter | (() => Promise<EventFilter | undefined>),
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<StoredEvent> {
    this.listening ??= this.listen();
    const ended = anySignal([signal, this.stopping.signal]);
    let cursor = parseCursor(lastEventId) ?? (await this.now());
    while (!ended.aborted) {
      const rows = await this.look(filter, cursor).catch((error: unknown) => {
        this.log.debug('Events wait', { error });
        return [];
      });
      if (!rows) return;
      for (const row of rows) {
        cursor = { txid: row.txid, id: row.id };
        yield { cursor: `${row.txid}-${row.id}`, type: row.type, resource: row.resource, data: row.data, at: row.at };
      }
      if (rows.length < batch) await this.rest(ended);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.listening;
  }

  private async now(): Promise<{ txid: string; id: bigint }> {
    const [row] = await this.database.read.$queryRaw<{ txid: string }[]>`
      SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS txid`;
    return { txid: row?.txid ?? '0', id: 0n };
  }

  private async look(
    filter: EventFilter | (() => Promise<EventFilter | undefined>),
    cursor: { txid: string; id: bigint },
  ): Promise<Row[] | undefined> {
    const now = typeof filter === 'function' ? await filter() : filter;
    return now && this.load(now, cursor);
  }

  private load(filter: EventFilter, cursor: { txid: string; id: bigint }): Promise<Row[]> {
    const project = filter.projectId ? Prisma.sql`AND "projectId" = ${filter.projectId}::uuid` : Prisma.empty;
    const projects = filter.projectIds
      ? Prisma.sql`AND "projectId" = ANY(${[...filter.projectIds]}::uuid[])`
      : Prisma.empty;
    const application = filter.applicationId
      ? Prisma.sql`AND "applicationId" = ${filter.applicationId}::uuid`
      : Prisma.empty;
    return this.database.read.$queryRaw<Row[]>`
      SELECT txid::text AS txid, id, type, resource, data, at FROM events
      WHERE "tenantId" = ${filter.tenantId}::uuid ${project} ${projects} ${application}
        AND (txid, id) > (${cursor.txid}::xid8, ${cursor.id})
        AND txid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY events.txid, id LIMIT ${batch}`;
  }

  private rest(signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        resolve();
      };
      this.waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
    return Promise.race([woken, this.clock.sleep(pollMilliseconds, signal)]);
  }

  private wake(): void {
    for (const done of [...this.waiting]) done();
  }

  private async listen(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const lost = new AbortController();
        const end = await this.database.listen(
          eventsChannel,
          () => this.wake(),
          () => lost.abort(),
        );
        await this.clock.sleep(2 ** 30, anySignal([signal, lost.signal]));
        await end().catch(() => undefined);
      } catch {
        await this.clock.sleep(2_000, signal);
      }
    }
  }
}

function parseCursor(text: string | undefined): { txid: string; id: bigint } | undefined {
  const [, txid, id] = /^(\d{1,19})-(\d{1,18})$/.exec(text ?? '') ?? [];
  return txid && id ? { txid, id: BigInt(id) } : undefined;
}
