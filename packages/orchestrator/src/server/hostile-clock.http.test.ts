import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { createKubeClient } from '../client/index.js';
import { configMaps as configMapType } from '../kinds/index.js';
import { startTestCluster, type TestCluster } from '../testing/index.js';

// The machine's clock jumps: what measures a while goes by a clock that does not.

let cluster: TestCluster;
const configMaps = '/api/v1/namespaces/default/configmaps';
const hour = 3_600_000;

/** Moves the time of day of this process; timers and performance.now() go on as they did. */
function jump(milliseconds: number): void {
  const now = Date.now() + milliseconds;
  vi.useFakeTimers({ toFake: ['Date'], now });
}

const create = async (name: string) =>
  (await cluster.client.request('POST', configMaps, { body: { metadata: { name } } })).status;

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterEach(async () => {
  vi.useRealTimers();
  expect((await cluster.client.request('GET', '/readyz')).status).toBe(200);
});
afterAll(() => cluster.stop());

for (const [what, by] of [
  ['forwards', 24 * hour],
  ['backwards', -24 * hour],
] as const)
  test(`a jump ${what} ends no watch, loses no event and repeats no version`, async () => {
    const list = await cluster.client.list(configMapType, { namespace: 'default' });
    const from = Number(list.metadata.resourceVersion);
    const begun = performance.now();
    const watch = cluster.client.request(
      'GET',
      `${configMaps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion=${from}`,
    );
    const answer = await watch;
    expect(await create(`before-${what}`)).toBe(201);
    jump(by);
    expect(await create(`after-${what}`)).toBe(201);
    const events = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(performance.now() - begun).toBeGreaterThan(2_500);
    const names = events.filter(({ type }) => type === 'ADDED').map(({ object }) => object.metadata.name);
    expect(names).toEqual([`before-${what}`, `after-${what}`]);
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(versions[0]).toBeGreaterThan(from);
  });

test('a token ends when its time is over by the time of day, and not before', async () => {
  const body = { spec: { expirationSeconds: 600 } };
  const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
  const review = (await (await cluster.client.request('POST', path, { body })).json()) as { status: { token: string } };
  const { server, ca } = cluster.connection;
  const holder = createKubeClient({ server, ca, token: review.status.token });
  // Known, and not allowed to read.
  const code = async () => (await holder.request('GET', configMaps)).status;
  expect(await code()).toBe(403);
  jump(9 * 60_000);
  expect(await code()).toBe(403);
  jump(2 * 60_000);
  expect(await code()).toBe(401);
  vi.useRealTimers();
  expect(await code()).toBe(403);
  await holder.close();
});
