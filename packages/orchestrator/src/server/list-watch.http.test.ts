import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../testing/index.js';

let cluster: TestCluster;
const path = '/api/v1/namespaces/lists/configmaps';

interface Item {
  kind?: string;
  metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> };
  data?: Record<string, string>;
}
interface List {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: Item[];
  code?: number;
  reason?: string;
  message?: string;
}
interface Event {
  type: string;
  object: Item & { code?: number; reason?: string };
}

const get = async (query: string, at = path): Promise<List & { status: number }> => {
  const answer = await cluster.client.request('GET', `${at}?${query}`);
  return { ...((await answer.json()) as List), status: answer.status };
};
const put = async (name: string, labels: Record<string, string> = {}, value = '1'): Promise<Item> => {
  const object = { metadata: { name, labels }, data: { value } };
  const made = await cluster.client.request('POST', path, { body: object });
  if (made.status === 201) return (await made.json()) as Item;
  const changed = await cluster.client.request('PUT', `${path}/${name}`, { body: object });
  return (await changed.json()) as Item;
};
const remove = (name: string) => cluster.client.request('DELETE', `${path}/${name}`);
const names = (list: List) => list.items.map((each) => each.metadata.name);

/** Opens a watch and gives its events one by one; ends with undefined. */
async function watch(query: string, at = path): Promise<{ next(): Promise<Event | undefined>; end(): void }> {
  const stop = new AbortController();
  const answer = await cluster.client.request('GET', `${at}?watch=1&${query}`, {
    signal: stop.signal,
    idleTimeoutMs: 0,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    end: () => stop.abort(),
    next: async () => {
      for (;;) {
        const end = text.indexOf('\n');
        if (end >= 0) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          return JSON.parse(line) as Event;
        }
        const part = await reader?.read();
        if (!part || part.done) return undefined;
        text += part.value;
      }
    },
  };
}
const take = async (stream: { next(): Promise<Event | undefined> }, count: number): Promise<string[]> => {
  const seen: string[] = [];
  while (seen.length < count) {
    const event = await stream.next();
    if (!event) break;
    seen.push(`${event.type} ${event.object.metadata.name ?? ''}`.trim());
  }
  return seen;
};
const compact = async () => {
  // As the server does it each minute, by way of the database: it follows within a second.
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${cluster.database}`;
  const client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  await client.query('update store_state set compacted = revision');
  await client.end();
};

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  await cluster.client.request('POST', '/api/v1/namespaces', { body: { metadata: { name: 'lists' } } });
  for (let index = 0; index < 10; index++) await put(`item-${index}`, { parity: index % 2 === 0 ? 'even' : 'odd' });
});
afterAll(() => cluster.stop());

const own = 'labelSelector=parity';

describe('a list', () => {
  test('is cut into pages of one moment, which say how many are left', async () => {
    const first = await get('limit=4');
    expect(first.metadata.remainingItemCount).toBe(7);
    await put('item-00-late', { parity: 'none' });
    const second = await get(`limit=4&continue=${first.metadata.continue}`);
    const third = await get(`limit=4&continue=${second.metadata.continue}`);
    expect(third.metadata.continue).toBeUndefined();
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect([first, second, third].flatMap(names)).toEqual([
      ...Array.from({ length: 10 }, (_, index) => `item-${index}`),
      'kube-root-ca.crt',
    ]);
    await remove('item-00-late');
  });

  test('with a selector does not count what is left', async () => {
    const first = await get(`${own}%3Deven&limit=2`);
    expect(names(first)).toEqual(['item-0', 'item-2']);
    expect(first.metadata.remainingItemCount).toBeUndefined();
    const rest = await get(`${own}%3Deven&limit=5&continue=${first.metadata.continue}`);
    expect(names(rest)).toEqual(['item-4', 'item-6', 'item-8']);
    expect(rest.metadata.continue).toBeUndefined();
  });

  test('can be taken at an exact version, not older than one, and from any state', async () => {
    const { metadata } = await get(own);
    await put('item-new', { parity: 'none' });
    const exact = await get(`${own}&resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`);
    expect(exact.metadata.resourceVersion).toBe(metadata.resourceVersion);
    expect(names(exact)).not.toContain('item-new');
    expect(names(await get(`resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=NotOlderThan`))).toContain(
      'item-new',
    );
    // Upstream's cache answers version 0 whole.
    expect(names(await get('resourceVersion=0&limit=2')).length).toBeGreaterThan(2);
    await remove('item-new');
  });

  test.each([
    [
      'resourceVersionMatch=Exact',
      422,
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      422,
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'resourceVersionMatch=Newest&resourceVersion=1',
      422,
      'Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=1&continue=x',
      422,
      'resourceVersionMatch is forbidden when continue is provided',
    ],
    ['sendInitialEvents=true', 422, 'sendInitialEvents is forbidden for list'],
    ['continue=abc&resourceVersion=5', 400, 'specifying resource version is not allowed when using continue'],
    ['continue=abc', 400, 'continue key is not valid'],
    ['resourceVersion=abc', 400, 'strconv.ParseUint: parsing "abc": invalid syntax'],
    ['limit=abc', 400, 'strconv.ParseInt: parsing "abc": invalid syntax'],
    [
      'fieldSelector=data.value%3D1',
      400,
      '"data.value" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ])('with %s is refused with %i', async (query, code, message) => {
    const answer = await get(query);
    expect(answer.code).toBe(code);
    expect(answer.message).toContain(message);
  });

  test('at a version that does not exist yet waits, then says so', async () => {
    const answer = await get('resourceVersion=999999999');
    expect([answer.code, answer.reason]).toEqual([504, 'Timeout']);
    expect(answer.message).toContain('Too large resource version: 999999999, current: ');
  });

  test('of one name is that object or nothing', async () => {
    expect(names(await get('fieldSelector=metadata.name%3Ditem-3'))).toEqual(['item-3']);
    expect(names(await get('fieldSelector=metadata.name%3Ditem-3&labelSelector=parity%3Deven'))).toEqual([]);
    expect(names(await get('fieldSelector=metadata.name%3Dabsent'))).toEqual([]);
  });

  test('of many megabytes arrives whole, however it is asked for', async () => {
    const value = 'x'.repeat(100_000);
    for (let index = 0; index < 30; index++) await put(`large-${index}`, { size: 'large' }, value);
    const plain = await get('labelSelector=size');
    expect(plain.items.every((each) => each.data?.['value'] === value)).toBe(true);
    const packed = await cluster.client.request('GET', `${path}?labelSelector=size`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    // The client unpacks it, and takes the encoding from the headers.
    expect(packed.headers.get('vary')).toContain('Accept-Encoding');
    expect(((await packed.json()) as List).items).toEqual(plain.items);
    const table = await cluster.client.request('GET', `${path}?labelSelector=size`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(((await table.json()) as { rows: unknown[] }).rows).toHaveLength(30);
    for (let index = 0; index < 30; index++) await remove(`large-${index}`);
  });
});

describe('a watch', () => {
  test('from a version tells every change after it, in order', async () => {
    const { metadata } = await get(own);
    await put('w-1', { parity: 'none' });
    await put('w-1', { parity: 'none' }, '2');
    await remove('w-1');
    const stream = await watch(`resourceVersion=${metadata.resourceVersion}`);
    expect(await take(stream, 3)).toEqual(['ADDED w-1', 'MODIFIED w-1', 'DELETED w-1']);
    stream.end();
  });

  test('without a version begins with what there is', async () => {
    for (const query of [`${own}%3Dodd`, `${own}%3Dodd&resourceVersion=0`]) {
      const stream = await watch(query);
      expect(await take(stream, 5)).toEqual([1, 3, 5, 7, 9].map((index) => `ADDED item-${index}`));
      stream.end();
    }
  });

  test('sees objects come into and leave its selector, as they were', async () => {
    const { metadata } = await get(own);
    const stream = await watch(`${own}%3Dodd&resourceVersion=${metadata.resourceVersion}`);
    await put('mover', { parity: 'even' });
    await put('mover', { parity: 'odd' }, 'in');
    const left = await put('mover', { parity: 'even' }, 'out');
    await put('mover', { parity: 'odd' }, 'again');
    await remove('mover');
    const events = [await stream.next(), await stream.next(), await stream.next(), await stream.next()];
    expect(events.map((event) => event?.type)).toEqual(['ADDED', 'DELETED', 'ADDED', 'DELETED']);
    expect(events[1]?.object.data).toEqual({ value: 'in' });
    expect(events[1]?.object.metadata.resourceVersion).toBe(left.metadata.resourceVersion);
    stream.end();
  });

  test('can stream a list: the state, then the bookmark that ends it, then changes', async () => {
    const stream = await watch(
      `${own}%3Deven&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    expect(await take(stream, 5)).toEqual([0, 2, 4, 6, 8].map((index) => `ADDED item-${index}`));
    const end = await stream.next();
    expect(end?.type).toBe('BOOKMARK');
    expect(end?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    await put('item-4', { parity: 'even' }, '2');
    expect(await take(stream, 1)).toEqual(['MODIFIED item-4']);
    stream.end();
  });

  test('ends after timeoutSeconds, with a bookmark where one was asked for', async () => {
    const { metadata } = await get(own);
    const stream = await watch(`resourceVersion=${metadata.resourceVersion}&timeoutSeconds=1&allowWatchBookmarks=true`);
    const events = [await stream.next(), await stream.next()];
    expect(events.map((event) => event?.type)).toEqual(['BOOKMARK', undefined]);
  });

  test.each([
    ['sendInitialEvents=true', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
    [
      'resourceVersionMatch=NotOlderThan&resourceVersion=1',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=1&sendInitialEvents=true',
      'Unsupported value: "Exact": supported values: "NotOlderThan"',
    ],
  ])('with %s is refused', async (query, message) => {
    const answer = await get(`watch=1&${query}`);
    expect(answer.code).toBe(422);
    expect(answer.message).toContain(message);
  });
});

describe('after compaction', () => {
  test('pages go on inconsistently if the client wants so, past states and old watches are gone', async () => {
    const first = await get('limit=4');
    const version = first.metadata.resourceVersion;
    await put('compacted', { parity: 'none' });
    await compact();
    await expect
      .poll(async () => (await get(`limit=4&continue=${first.metadata.continue}`)).code, { timeout: 5_000 })
      .toBe(410);
    const gone = await get(`limit=4&continue=${first.metadata.continue}`);
    expect(gone.reason).toBe('Expired');
    expect(gone.message).toContain('or use the continue token in this response');
    const rest = await get(`continue=${gone.metadata.continue}`);
    expect(names(rest)).toContain('item-9');
    expect(names(rest)).not.toContain('item-0');
    expect(Number(rest.metadata.resourceVersion)).toBeGreaterThan(Number(version));
    const exact = await get(`resourceVersion=${version}&resourceVersionMatch=Exact`);
    expect([exact.code, exact.message]).toEqual([410, 'The resourceVersion for the provided list is too old.']);
    const stream = await watch(`resourceVersion=${version}`);
    const event = await stream.next();
    expect([event?.type, event?.object.code, event?.object.reason]).toEqual(['ERROR', 410, 'Expired']);
    expect(await stream.next()).toBeUndefined();
  });
});
