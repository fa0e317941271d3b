import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { newId } from '../ids/ids.js';
import { Database, type Transaction } from './database.js';
import { migrate } from './migrate.js';

let database: Database;
const names = ['deadlock-a', 'deadlock-b'] as const;

beforeAll(async () => {
  const folder = fileURLToPath(new URL('../../../../../prisma/migrations', import.meta.url));
  await migrate({ databaseUrl: inject('databaseUrl'), folder });
  database = new Database({ databaseUrl: inject('databaseUrl') });
  for (const name of names)
    await database.transaction((tx) => tx.tenant.create({ data: { id: newId(), name, displayName: name } }));
});
afterAll(() => database?.onApplicationShutdown());

type Lock = (tx: Transaction, name: string) => Promise<unknown>;

it.each<[string, Lock]>([
  ['a statement of Prisma’s', (tx, name) => tx.tenant.updateMany({ where: { name }, data: { displayName: 'x' } })],
  ['a statement of our own', (tx, name) => tx.$queryRaw`SELECT 1 FROM tenants WHERE name = ${name} FOR UPDATE`],
])(
  'two transactions that wait for each other both end: the one that is let go is run again, by %s',
  async (_, lock) => {
    let begun = 0;
    const together = async () => {
      begun += 1;
      await expect.poll(() => begun, { timeout: 5000 }).toBeGreaterThanOrEqual(2);
    };
    const run = (first: string, second: string) =>
      database.transaction(async (tx) => {
        await lock(tx, first);
        await together();
        await lock(tx, second);
      });
    const [a, b] = names;
    await Promise.all([run(a, b), run(b, a)]);
    expect(begun).toBe(3);
  },
);
