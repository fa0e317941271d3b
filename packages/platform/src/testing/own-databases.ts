import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';

export interface OwnDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * A new, empty database of the PostgreSQL at the superuser's `serverUrl`. Its owner is not the superuser, for whom
 * row-level security is not there. `tenant` is what a session sees that does not say otherwise: `*` for all of them.
 */
export async function createOwnDatabase(serverUrl: string, tenant = ''): Promise<OwnDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const run = async (...statements: readonly string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(
    `DO $$ BEGIN CREATE ROLE slipway_test LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
    `CREATE DATABASE ${name} OWNER slipway_test`,
    `ALTER DATABASE ${name} SET slipway.tenant = '${tenant}'`,
  );
  const { href: url } = Object.assign(new URL(serverUrl), { pathname: `/${name}`, username: 'slipway_test' });
  return { url, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** The URL of a database of that Redis which nobody had before: test files run side by side, and their queues have the same names. */
export async function createOwnRedis(serverUrl: string): Promise<string> {
  const redis = new Redis(serverUrl);
  try {
    return `${serverUrl}/${await redis.incr('last-database')}`;
  } finally {
    redis.disconnect();
  }
}
