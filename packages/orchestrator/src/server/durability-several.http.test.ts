import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { KubeError } from '../client/index.js';
import { type ConfigMap, configMaps, namespaces, resourceQuotas } from '../kinds/index.js';
import { startTestCluster, type TestCluster } from '../testing/index.js';

// Two API servers on one database: whoever speaks to either must not notice that there are two.

let first: TestCluster;
let second: TestCluster;
const namespace = 'several';
const configMap = (name: string, value = '1'): ConfigMap => ({ metadata: { name, namespace }, data: { value } });
const codeOf = async (promise: Promise<unknown>): Promise<number> => {
  try {
    await promise;
    return 200;
  } catch (error) {
    if (error instanceof KubeError) return error.code;
    throw error;
  }
};
const other = (round: number) => (round % 2 === 0 ? [first, second] : [second, first]) as [TestCluster, TestCluster];

beforeAll(async () => {
  first = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const { database, directory } = first;
  second = await startTestCluster({ databaseUrl: inject('databaseUrl'), database, directory });
  await second.client.create(namespaces, { metadata: { name: namespace }, spec: {} });
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

test('what one has acknowledged, the other shows at once: by name, in a list, as a table', async () => {
  for (let round = 0; round < 30; round++) {
    const [writer, reader] = other(round);
    const name = `seen-${round}`;
    await writer.client.create(configMaps, configMap(name));
    expect((await reader.client.get(configMaps, name, namespace)).data).toEqual({ value: '1' });
    const list = await reader.client.list(configMaps, { namespace });
    expect(list.items.map((each) => each.metadata.name)).toContain(name);
    await writer.client.delete(configMaps, name, namespace);
    expect(await codeOf(reader.client.get(configMaps, name, namespace))).toBe(404);
  }
});

test('a watch at one sees the writes at both, in one order, each once', async () => {
  const { metadata } = await first.client.list(configMaps, { namespace });
  const seen: string[][] = [[], []];
  const stop = new AbortController();
  const follow = async (cluster: TestCluster, into: string[]) => {
    const { resourceVersion } = metadata;
    for await (const event of cluster.client.watch(configMaps, { namespace, resourceVersion, signal: stop.signal }))
      if (event.type !== 'BOOKMARK')
        into.push(`${event.type} ${event.object.metadata.name} ${event.object.metadata.resourceVersion}`);
  };
  const watches = [follow(first, seen[0] ?? []), follow(second, seen[1] ?? [])];
  const each = 60;
  await Promise.all(
    [first, second].flatMap((cluster, at) =>
      Array.from({ length: each }, (_, index) =>
        cluster.client.create(configMaps, configMap(`watched-${at}-${index}`)),
      ),
    ),
  );
  await expect.poll(() => seen.map((lines) => lines.length), { timeout: 15_000 }).toEqual([2 * each, 2 * each]);
  stop.abort();
  await Promise.all(watches);
  expect(seen[0]).toEqual(seen[1]);
  const versions = (seen[0] ?? []).map((line) => Number(line.split(' ')[2]));
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  expect(new Set(versions).size).toBe(2 * each);
});

test('of two changes to one version, and of two creations of one name, one is accepted', async () => {
  for (let round = 0; round < 20; round++) {
    const made = await first.client.create(configMaps, configMap(`contested-${round}`));
    const changes = [first, second].map(({ client }, at) =>
      codeOf(client.update(configMaps, { ...made, data: { value: `by ${at}` } })),
    );
    expect((await Promise.all(changes)).sort()).toEqual([200, 409]);
    const creations = [first, second].map(({ client }) =>
      codeOf(client.create(configMaps, configMap(`twice-${round}`))),
    );
    expect((await Promise.all(creations)).sort()).toEqual([200, 409]);
  }
});

test('patches without a version are never lost between them', async () => {
  await first.client.create(configMaps, configMap('patched'));
  const accepted: string[] = ['value'];
  const patch = async (index: number) => {
    const [{ client }] = other(index);
    const data = { [`key-${index}`]: '1' };
    const code = await codeOf(client.patch(configMaps, 'patched', namespace, { data }, { type: 'merge' }));
    // After some tries against the others a conflict is the answer, and the client's to solve.
    expect([200, 409]).toContain(code);
    if (code === 200) accepted.push(`key-${index}`);
  };
  await Promise.all(Array.from({ length: 40 }, (_, index) => patch(index)));
  expect(accepted.length).toBeGreaterThan(5);
  const { data = {} } = await first.client.get(configMaps, 'patched', namespace);
  expect(Object.keys(data).sort()).toEqual(accepted.sort());
});

test('of a hundred creations at once at both, exactly as many succeed as the quota allows', async () => {
  const hard = { 'count/configmaps': '40' };
  const quota = { metadata: { name: 'q', namespace: 'default' }, spec: { hard } };
  await expect.poll(() => codeOf(second.client.get(configMaps, 'kube-root-ca.crt', 'default'))).toBe(200);
  await first.client.create(resourceQuotas, quota);
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, index) => {
      const { client } = index % 2 === 0 ? first : second;
      return codeOf(client.create(configMaps, { metadata: { name: `counted-${index}`, namespace: 'default' } }));
    }),
  );
  const before = 1;
  expect(outcomes.filter((code) => code === 200)).toHaveLength(40 - before);
  expect(new Set(outcomes)).toEqual(new Set([200, 403]));
  expect((await second.client.list(configMaps, { namespace: 'default' })).items).toHaveLength(40);
  expect((await second.client.get(resourceQuotas, 'q', 'default')).status?.used).toEqual({ 'count/configmaps': '40' });
});

test('a page that one began, the other goes on with', async () => {
  const names: string[] = [];
  let token: string | undefined;
  for (let round = 0; round === 0 || token; round++) {
    const [reader] = other(round);
    const page = await reader.client.list(configMaps, { namespace, limit: 7, continue: token });
    names.push(...page.items.map((each) => each.metadata.name ?? ''));
    token = page.metadata.continue;
  }
  const all = await first.client.list(configMaps, { namespace });
  expect(names).toEqual(all.items.map((each) => each.metadata.name));
});
