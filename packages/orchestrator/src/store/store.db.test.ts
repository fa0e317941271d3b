import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  type Change,
  CompactedError,
  ConflictError,
  createStore,
  type Store,
  type StoredObject,
  type StoreEvent,
} from './index.js';

const database = `store_${randomBytes(5).toString('hex')}`;
let pool: pg.Pool;
let store: Store;

const put = (name: string, expectRevision = 0, value: Record<string, unknown> = {}): Change => ({
  resource: 'things',
  namespace: 'a',
  name,
  expect: expectRevision,
  value: { ...value, metadata: { name, namespace: 'a' } },
});
const admin = async (sql: string) => {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  await client.query(sql);
  await client.end();
};

beforeAll(async () => {
  await admin(`create database ${database}`);
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${database}`;
  pool = new pg.Pool({ connectionString: url.toString(), max: 3 });
  store = await createStore({ pool });
});

afterAll(async () => {
  await store.close();
  await pool.end();
  await admin(`drop database ${database} with (force)`);
});

test('revisions are dense, in the order of commits, and written into the objects', async () => {
  const before = store.revision;
  const written = await Promise.all(Array.from({ length: 50 }, (_, index) => store.commit([put(`dense-${index}`)])));
  const revisions = written.map(([object]) => object?.revision ?? 0).sort((a, b) => a - b);
  expect(revisions).toEqual(Array.from({ length: 50 }, (_, index) => before + index + 1));
  for (const [object] of written) expect(object?.value.metadata.resourceVersion).toBe(String(object?.revision));
});

test('of a hundred changes to one version of an object, exactly one is accepted', async () => {
  const [object] = await store.commit([put('contested')]);
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, () => store.commit([put('contested', object?.revision)])),
  );
  expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
  for (const each of results) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(ConflictError);
});

test('the changes of one commit are made together or not at all', async () => {
  await store.commit([put('taken')]);
  await expect(store.commit([put('together'), put('taken')])).rejects.toBeInstanceOf(ConflictError);
  expect(store.get('things', 'a', 'together')).toBeUndefined();
});

test('a computed change sees the newest state, may leave its row alone, and its error rejects the whole commit', async () => {
  const count = (object: StoredObject | undefined) =>
    Number(object && 'count' in object.value ? object.value.count : 0);
  const add = (limit: number): Change => ({
    ...put('quota'),
    expect: undefined,
    value: (current) => {
      if (count(current) >= limit) throw new RangeError('used up');
      const next = { count: count(current) + 1, metadata: { name: 'quota', namespace: 'a' } };
      return next;
    },
  });
  const version = store.version('things');
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) => store.commit([put(`counted-${index}`), add(30)])),
  );
  expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(30);
  for (const each of results) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(RangeError);
  expect(count(store.get('things', 'a', 'quota'))).toBe(30);
  expect(store.list('things').filter((each) => each.name.startsWith('counted-'))).toHaveLength(30);
  expect(store.version('things')).toBeGreaterThanOrEqual(version + 60);
  const revision = store.revision;
  expect(await store.commit([{ ...put('quota'), expect: undefined, value: () => undefined }])).toEqual([undefined]);
  expect(store.revision).toBe(revision);
});

test('a watch continues from any revision without a gap', async () => {
  const from = store.revision;
  await store.commit([put('early')]);
  const seen: StoreEvent[] = [];
  const watch = store.watch(from, {
    resource: 'things',
    onEvents: (events) => void seen.push(...events),
    onReset: () => {},
  });
  await Promise.all(Array.from({ length: 20 }, (_, index) => store.commit([put(`late-${index}`)])));
  await expect.poll(() => seen.length).toBe(21);
  watch.close();
  expect(seen.map((event) => event.object.revision)).toEqual(
    Array.from({ length: 21 }, (_, index) => from + index + 1),
  );
});

test('a list can be taken as of an earlier revision', async () => {
  const at = store.revision;
  const before = store.list('things', at).map((each) => each.name);
  await store.commit([put('newcomer')]);
  expect(store.list('things', at).map((each) => each.name)).toEqual(before);
  expect(store.list('things').map((each) => each.name)).toContain('newcomer');
});

test('acknowledged changes outlive a broken connection, and watches go on', async () => {
  const seen: string[] = [];
  const sink = {
    resource: 'things',
    onEvents: (events: readonly StoreEvent[]) => void seen.push(...events.map((each) => each.object.name)),
    onReset: () => void seen.push('reset'),
  };
  const watch = store.watch(store.revision, sink);
  const acknowledged: string[] = [];
  const writes = Array.from({ length: 200 }, async (_, index) => {
    await new Promise((resolve) => setImmediate(resolve));
    await store.commit([put(`survivor-${index}`)]).then(
      () => acknowledged.push(`survivor-${index}`),
      () => undefined,
    );
  });
  await admin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`);
  await Promise.all(writes);
  await expect.poll(() => store.isReady, { timeout: 10_000 }).toBe(true);
  await store.commit([put('after')]);
  await expect.poll(() => seen.includes('after')).toBe(true);
  watch.close();
  const { rows } = await pool.query('select name from objects');
  const kept = new Set(rows.map((row) => row.name));
  for (const name of acknowledged) expect(kept).toContain(name);
  for (const name of acknowledged) expect(seen).toContain(name);
  expect(new Set(seen).size).toBe(seen.length);
});

test('what was compacted is refused, and the state survives', async () => {
  const old = store.revision;
  await store.commit([put('before-compaction')]);
  await store.compact(0, 0);
  expect(() => store.watch(old - 1, { resource: 'things', onEvents: () => {}, onReset: () => {} })).toThrow(
    CompactedError,
  );
  expect(store.get('things', 'a', 'before-compaction')).toBeDefined();
});

test('a commit that the database refuses does not take the others with it', async () => {
  const results = await Promise.allSettled([
    store.commit([put('sound-1')]),
    store.commit([put('no\u0000name')]),
    store.commit([put('sound-2')]),
  ]);
  expect(results.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(store.isReady).toBe(true);
});

test('a list that was given out does not change, and a past one is the state of that time', async () => {
  const given = store.list('things');
  const at = store.revision;
  const names = given.map((each) => each.name);
  await store.commit([put('aaa-first')]);
  const [second] = await store.commit([put('zzz-last')]);
  await store.commit([{ ...put('zzz-last', second?.revision), remove: true }]);
  expect(given.map((each) => each.name)).toEqual(names);
  expect(store.list('things', at).map((each) => each.name)).toEqual(names);
  expect(store.list('things', undefined, 'a')).toEqual(store.list('things'));
  expect(store.list('things', undefined, 'b')).toEqual([]);
});

test('after a restart the state, the log and the selectors of the past are there', async () => {
  const [object] = await store.commit([put('over-restart', 0, { count: 1 })]);
  const from = store.revision;
  await store.commit([put('over-restart', object?.revision, { count: 2 })]);
  const names = store.list('things').map((each) => each.name);
  await store.close();
  store = await createStore({ pool });
  expect(store.revision).toBe(from + 1);
  expect(store.list('things').map((each) => each.name)).toEqual(names);
  const seen: StoreEvent[] = [];
  store.watch(from, { resource: 'things', onEvents: (events) => void seen.push(...events), onReset: () => {} }).close();
  expect(seen.map((event) => [event.type, event.object.name])).toEqual([['MODIFIED', 'over-restart']]);
});

test('what an object was before the log begins is known over compactions and restarts', async () => {
  const [first] = await store.commit([put('before-log', 0, { count: 1 })]);
  const [second] = await store.commit([put('before-log', first?.revision, { count: 2 })]);
  const from = store.revision;
  await store.compact(0, 0);
  await store.commit([put('before-log', second?.revision, { count: 3 })]);
  await store.compact(Number.MAX_SAFE_INTEGER, 50_000);
  await store.close();
  store = await createStore({ pool });
  const seen: StoreEvent[] = [];
  store.watch(from, { resource: 'things', onEvents: (events) => void seen.push(...events), onReset: () => {} }).close();
  expect(seen.map((event) => [event.revision, event.previous?.revision])).toEqual([[from + 1, from]]);
  expect(seen[0]?.previous?.value).toMatchObject({ count: 2 });
});

test('a restored database gives no revision a second time, and whoever knows an old one must list again', async () => {
  const before = store.revision;
  await store.close();
  await pool.query(`update store_state set history = 'the one before'`);
  store = await createStore({ pool });
  expect(store.revision).toBeGreaterThan(before + 1_000_000_000);
  expect(() => store.watch(before, { resource: 'things', onEvents: () => {}, onReset: () => {} })).toThrow(
    CompactedError,
  );
  const [object] = await store.commit([put('after-restore')]);
  expect(object?.revision).toBe(store.revision);
  const { revision } = store;
  await store.close();
  store = await createStore({ pool });
  expect(store.revision).toBe(revision);
});
