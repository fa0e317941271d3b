import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubeClient, type KubeClient, KubeError, loadKubeconfig } from '../client/index.js';
import { configMaps } from '../kinds/index.js';
import {
  findFreePort,
  type PostgresProcess,
  type ServerProcess,
  startPostgresProcess,
  startServerProcess,
} from '../testing/index.js';

// PostgreSQL goes and comes back, and one of two servers dies. Needs the built server: `npx tsc -b packages/orchestrator`.
const script = join(import.meta.dirname, '../../dist/testing/server-process.js');
const namespace = 'default';
const directory = mkdtempSync(join(tmpdir(), 'slipway-outage-'));
let postgres: PostgresProcess;
let postgresPort: number;
const servers: ServerProcess[] = [];
const clients: KubeClient[] = [];

const startServer = async (name: string): Promise<KubeClient> => {
  const server = await startServerProcess(script, {
    databaseUrl: postgres.url,
    // Keys are shared: both are one cluster's.
    directory: join(directory, 'api'),
    port: await findFreePort(),
    quiet: true,
  });
  servers.push(server);
  const client = createKubeClient(await loadKubeconfig(server.kubeconfig));
  clients.push(client);
  expect((await client.request('GET', '/readyz')).status, name).toBe(200);
  return client;
};
const ready = async (client: KubeClient) => (await client.request('GET', '/readyz')).status;

beforeAll(async () => {
  postgresPort = await findFreePort();
  postgres = await startPostgresProcess(directory, postgresPort);
}, 60_000);
afterAll(async () => {
  for (const client of clients) await client.close();
  for (const server of servers) await server.kill();
  await postgres?.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** Writes without end; answers what was acknowledged and how everything else was answered. */
function writer(client: KubeClient, prefix: string) {
  const acknowledged: string[] = [];
  const refusals: number[] = [];
  const stop = new AbortController();
  const done = (async () => {
    for (let turn = 0; !stop.signal.aborted; turn++) {
      const name = `${prefix}-${turn}`;
      try {
        await client.create(configMaps, { metadata: { name, namespace } });
        acknowledged.push(name);
      } catch (error) {
        refusals.push(error instanceof KubeError ? error.code : 0);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  })();
  return {
    acknowledged,
    refusals,
    stop: () => {
      stop.abort();
      return done;
    },
  };
}

for (const how of ['stop', 'kill'] as const)
  test(`while PostgreSQL is away (${how}), writes get 503, nothing false is acknowledged, watches go on after it`, {
    timeout: 120_000,
  }, async () => {
    const client = clients[0] ?? (await startServer('first'));
    const pid = servers[0]?.pid;
    const { metadata } = await client.list(configMaps, { namespace });
    const seen: string[] = [];
    const over = new AbortController();
    const { resourceVersion } = metadata;
    const following = (async () => {
      for await (const event of client.watch(configMaps, { namespace, resourceVersion, signal: over.signal }))
        if (event.type === 'ADDED') seen.push(event.object.metadata.name ?? '');
    })();
    const writers = Array.from({ length: 4 }, (_, index) => writer(client, `${how}-${index}`));
    const count = () => writers.reduce((sum, each) => sum + each.acknowledged.length, 0);
    await expect.poll(count, { timeout: 20_000 }).toBeGreaterThan(50);

    await postgres[how]();
    await expect.poll(() => ready(client), { timeout: 10_000 }).toBe(500);
    expect((await client.request('GET', '/livez')).status).toBe(200);
    const before = count();
    const refusal = await client.request('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
      body: { metadata: { name: `${how}-lost` } },
    });
    expect(refusal.status).toBe(503);
    expect(refusal.headers.get('retry-after')).toBe('1');
    expect(await refusal.json()).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable', code: 503 });
    expect((await client.request('GET', `/api/v1/namespaces/${namespace}/configmaps`)).status).toBe(503);
    expect(count()).toBe(before);

    postgres = await startPostgresProcess(directory, postgresPort);
    await expect.poll(() => ready(client), { timeout: 20_000 }).toBe(200);
    await expect.poll(count, { timeout: 20_000 }).toBeGreaterThan(before + 50);
    await Promise.all(writers.map((each) => each.stop()));
    expect(servers[0]?.pid).toBe(pid);

    const acknowledged = writers.flatMap((each) => each.acknowledged);
    const list = await client.list(configMaps, { namespace });
    const kept = new Set(list.items.map((each) => each.metadata.name));
    expect(acknowledged.filter((name) => !kept.has(name))).toEqual([]);
    expect(kept.has(`${how}-lost`)).toBe(false);
    // Refused for now, or not known: 409 would be a second try of ours at what had been made.
    expect(writers.flatMap((each) => each.refusals).filter((code) => code !== 503 && code !== 504)).toEqual([]);
    // The same watch, never ended: everything, once.
    const expected = list.items.map((each) => each.metadata.name ?? '').filter((name) => name.startsWith(`${how}-`));
    await expect
      .poll(() => seen.filter((name) => name.startsWith(`${how}-`)).length, { timeout: 10_000 })
      .toBe(expected.length);
    expect(new Set(seen).size).toBe(seen.length);
    over.abort();
    await following;
  });

test('of two servers one may die in the middle of its writes: the other goes on and has all that was acknowledged', {
  timeout: 120_000,
}, async () => {
  const first = clients[0] ?? (await startServer('first'));
  const second = await startServer('second');
  const dying = Array.from({ length: 4 }, (_, index) => writer(second, `dying-${index}`));
  const living = Array.from({ length: 4 }, (_, index) => writer(first, `living-${index}`));
  const count = (writers: typeof dying) => writers.reduce((sum, each) => sum + each.acknowledged.length, 0);
  await expect.poll(() => Math.min(count(dying), count(living)), { timeout: 30_000 }).toBeGreaterThan(50);
  await servers.at(-1)?.kill();
  const before = count(living);
  await expect.poll(() => count(living), { timeout: 20_000 }).toBeGreaterThan(before + 50);
  await Promise.all([...dying, ...living].map((each) => each.stop()));
  const list = await first.list(configMaps, { namespace });
  const kept = new Set(list.items.map((each) => each.metadata.name));
  expect([...dying, ...living].flatMap((each) => each.acknowledged).filter((name) => !kept.has(name))).toEqual([]);
  expect(living.flatMap((each) => each.refusals)).toEqual([]);
});
