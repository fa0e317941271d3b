import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Prisma, PrismaClient } from '../../generated/prisma/client.js';
import { CONFIG, type Configuration } from '../config/config.js';
import { isSerializationFailure, toDatabaseProblem } from './database-errors.js';
import { keepBatchesApart, WalledPool } from './tenant-wall.js';

/** What a query inside a transaction is asked of. */
export type Transaction = Prisma.TransactionClient;
/** What a query that may run inside or outside a transaction is asked of. */
export type Reader = Prisma.TransactionClient;

const transactionAttempts = 4;

interface Notice {
  readonly channel: string;
  readonly text: string;
}

/** What open transactions tell at their commit. */
const noticesOf = new WeakMap<object, Notice[]>();

/** Tells every process that listens, at the commit: this one before whoever began the transaction goes on, the others soon after. */
export async function notify(tx: Transaction, channel: string, text: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM (SELECT pg_notify(${channel}, ${text})) AS notice`;
  noticesOf.get(tx)?.push({ channel, text });
}

/** The only way to PostgreSQL. A query that fails because PostgreSQL is away throws `database-unavailable` (503). */
@Injectable()
export class Database implements OnApplicationShutdown {
  private readonly pool: WalledPool;
  private readonly client: PrismaClient;
  private readonly listeners = new Map<string, Set<(text: string) => void>>();

  constructor(@Inject(CONFIG) config: Pick<Configuration, 'databaseUrl'>) {
    this.pool = new WalledPool({
      connectionString: config.databaseUrl,
      max: 20,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    });
    // An idle connection that PostgreSQL closes is replaced by the pool; unheard, the event would end the process.
    this.pool.on('error', () => undefined);
    this.client = new PrismaClient({ adapter: new PrismaPg(this.pool), errorFormat: 'minimal' });
    keepBatchesApart(this.client);
  }

  /** For queries that need no transaction. */
  get read(): Reader {
    return this.client;
  }

  /** Runs `work` in one transaction; repeats it when it loses to a concurrent one, so it must do nothing but queries. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const notices: Notice[] = [];
        const result = await this.client.$transaction(
          (tx) => {
            noticesOf.set(tx, notices);
            return work(tx);
          },
          { maxWait: 6_000, timeout: 20_000 },
        );
        for (const { channel, text } of notices) for (const tell of this.listeners.get(channel) ?? []) tell(text);
        return result;
      } catch (error) {
        if (attempt < transactionAttempts && isSerializationFailure(error)) continue;
        throw toDatabaseProblem(error);
      }
    }
  }

  /** Runs `work` in one transaction and takes back what it did: to tell what would be. */
  async rehearse<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const undone = new Error('It was only a rehearsal.');
    let result: { readonly of: T } | undefined;
    try {
      await this.transaction(async (tx) => {
        result = { of: await work(tx) };
        throw undone;
      });
    } catch (error) {
      if (error === undone && result) return result.of;
      throw error;
    }
    throw undone;
  }

  /** Rejects when PostgreSQL does not answer. */
  async ping(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  /** A connection of one's own, for LISTEN; `onNotice` gets the notice's text. The caller ends it. */
  async listen(channel: string, onNotice: (text: string) => void, onLost: () => void): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: this.pool.options.connectionString, keepAlive: true });
    client.on('error', onLost);
    client.on('end', onLost);
    client.on('notification', ({ payload = '' }) => onNotice(payload));
    await client.connect();
    await client.query(`LISTEN "${channel}"`);
    const all = this.listeners.get(channel) ?? new Set();
    this.listeners.set(channel, all.add(onNotice));
    return () => {
      all.delete(onNotice);
      return client.end();
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
    if (!this.pool.ended) await this.pool.end();
  }
}
