import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Change, ConflictError, createStore, type Store, type StoredObject, type StoreEvent } from './index.js';

const database = `several_${randomBytes(5).toString('hex')}`;
const pools: pg.Pool[] = [];
const stores: Store[] = [];

const admin = async (sql: string) => {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  await client.query(sql);
  await client.end();
};
const open = async (): Promise<Store> => {
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${database}`;
  const pool = new pg.Pool({ connectionString: url.toString(), max: 4 });
  pools.push(pool);
  const store = await createStore({ pool });
  stores.push(store);
  return store;
};
const put = (name: string, expectRevision?: number): Change => ({
  resource: 'things',
  namespace: 'a',
  name,
  expect: expectRevision,
  value: { metadata: { name, namespace: 'a' } },
});
const count = (object: StoredObject | undefined) => Number(object && 'count' in object.value ? object.value.count : 0);
const increment = (name: string): Change => ({
  ...put(name),
  value: (current) => {
    const next = { count: count(current) + 1, metadata: { name, namespace: 'a' } };
    return next;
  },
});

let first: Store;
let second: Store;

beforeAll(async () => {
  await admin(`create database ${database}`);
  first = await open();
});

afterAll(async () => {
  for (const store of stores) await store.close();
  for (const pool of pools) await pool.end();
  await admin(`drop database ${database} with (force)`);
});

test('a server that is alone confirms nothing', () => {
  expect(first.confirm()).toBeUndefined();
});

test('one that joins writes only when the others cannot believe any more that they are alone', async () => {
  second = await open();
  await second.commit([put('joined', 0)]);
  expect(first.confirm()).toBeInstanceOf(Promise);
  await first.confirm();
  expect(first.get('things', 'a', 'joined')).toBeDefined();
});

test('writers on two servers make one line of revisions, and both see all of it in order', async () => {
  const from = first.revision;
  const seen: StoreEvent[][] = [[], []];
  const watches = [first, second].map((store, index) =>
    store.watch(from, {
      resource: 'things',
      onEvents: (events) => void seen[index]?.push(...events),
      onReset: () => {
        throw new Error('reset');
      },
    }),
  );
  const each = 300;
  await Promise.all(
    [first, second].flatMap((store) => Array.from({ length: each }, () => store.commit([increment('counter')]))),
  );
  await first.confirm();
  expect(count(first.get('things', 'a', 'counter'))).toBe(2 * each);
  for (const events of seen) {
    await expect.poll(() => events.length, { timeout: 5_000 }).toBe(2 * each);
    expect(events.map((event) => event.revision)).toEqual(Array.from({ length: 2 * each }, (_, i) => from + i + 1));
    expect(events.map((event) => count(event.object))).toEqual(Array.from({ length: 2 * each }, (_, i) => i + 1));
  }
  for (const watch of watches) watch.close();
});

test('what one server acknowledged, the other shows to a reader that confirms', async () => {
  for (let round = 0; round < 100; round++) {
    const [writer, reader] = round % 2 === 0 ? [first, second] : [second, first];
    await writer.commit([put(`linear-${round}`, 0)]);
    await reader.confirm();
    expect(reader.get('things', 'a', `linear-${round}`)).toBeDefined();
  }
});

test('a refusal is judged on the latest state, wherever it was written', async () => {
  for (let round = 0; round < 30; round++) {
    const [object] = await first.commit([put(`fresh-${round}`, 0)]);
    await first.commit([{ ...put(`fresh-${round}`, object?.revision), remove: true }]);
    await second.commit([put(`fresh-${round}`, 0)]);
    await expect(first.commit([put(`fresh-${round}`, 0)])).rejects.toBeInstanceOf(ConflictError);
  }
});

test('many questions at once are one question to the database', async () => {
  const pool = pools[0];
  let asked = 0;
  pool?.on('acquire', () => asked++);
  await Promise.all(Array.from({ length: 500 }, () => first.confirm()));
  expect(asked).toBeLessThanOrEqual(3);
});

test('what one server compacts, the other forgets too', async () => {
  const old = second.revision - 1;
  await first.compact(0, 0);
  await expect.poll(() => second.compacted, { timeout: 5_000 }).toBe(first.revision);
  expect(() => second.watch(old, { resource: 'things', onEvents: () => {}, onReset: () => {} })).toThrow(/too old/);
});

test('the last one left is alone again, and has everything', async () => {
  await second.commit([put('parting', 0)]);
  await second.close();
  await expect.poll(() => first.confirm(), { timeout: 5_000 }).toBeUndefined();
  expect(first.get('things', 'a', 'parting')).toBeDefined();
  await first.commit([put('alone', 0)]);
});
