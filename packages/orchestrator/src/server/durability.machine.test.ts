import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubeClient, type KubeClient, KubeError, loadKubeconfig } from '../client/index.js';
import { type ConfigMap, configMaps } from '../kinds/index.js';
import {
  findFreePort,
  type PostgresProcess,
  type ServerProcess,
  startPostgresProcess,
  startServerProcess,
} from '../testing/index.js';

// A few rounds each time; for the 50 that are promised (five minutes or less):
//   npx tsc -b packages/orchestrator && SLIPWAY_KILL_ROUNDS=50 npx vitest run --project machine durability.machine
// It runs the built server.
const rounds = Number(process.env['SLIPWAY_KILL_ROUNDS'] ?? 6);
const script = join(import.meta.dirname, '../../dist/testing/server-process.js');
const namespace = 'default';
const writerCount = 6;
const watcherCount = 4;

const directory = mkdtempSync(join(tmpdir(), 'slipway-durability-'));
let postgres: PostgresProcess;
let server: ServerProcess;
let ports: { postgres: number; server: number };
let client: KubeClient;
let isOver = false;

const startPostgres = () => startPostgresProcess(directory, ports.postgres);
const startServer = () =>
  startServerProcess(script, {
    databaseUrl: postgres.url,
    directory: join(directory, 'api'),
    port: ports.server,
    quiet: true,
  });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

beforeAll(async () => {
  ports = { postgres: await findFreePort(), server: await findFreePort() };
  postgres = await startPostgres();
  server = await startServer();
  client = createKubeClient(await loadKubeconfig(server.kubeconfig));
});

afterAll(async () => {
  isOver = true;
  await client?.close();
  await server?.kill();
  await postgres?.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** What each revision was seen to be, by anybody: a second content under the same revision is a revision used twice. */
const contents = new Map<string, string>();
const reused: string[] = [];

function note(object: ConfigMap): void {
  const { resourceVersion = '', name, uid } = object.metadata;
  const content = JSON.stringify([name, uid, object.data]);
  const known = contents.get(resourceVersion);
  if (known !== undefined && known !== content) reused.push(`${resourceVersion}: ${known} and ${content}`);
  contents.set(resourceVersion, content);
}

/** The states an object may be in: one, unless a change of it was never answered. `null`: it is not there. */
const possible = new Map<string, (string | null)[]>();
let acknowledged = 0;
let unanswered = 0;

async function write(writer: number): Promise<void> {
  for (let turn = 0; !isOver; turn++) {
    const name = `w${writer}-${turn}`;
    let before: string | null = null;
    const step = async (after: string | null, job: () => Promise<ConfigMap | undefined>): Promise<boolean> => {
      possible.set(name, [before, after]);
      try {
        const object = await job();
        if (object) note(object);
        acknowledged++;
        before = after;
        possible.set(name, [after]);
        return true;
      } catch (error) {
        // Refused before it was tried: nothing has changed.
        if (error instanceof KubeError && error.code === 503) possible.set(name, [before]);
        else if (error instanceof KubeError && error.code < 500) throw error;
        else unanswered++;
        await pause(20);
        return false;
      }
    };
    const object = (value: string): ConfigMap => ({ metadata: { name, namespace }, data: { value } });
    const patch = (value: string) => () =>
      client.patch(configMaps, name, namespace, { data: { value } }, { type: 'merge' });
    const isMade = await step('1', () => client.create(configMaps, object('1')));
    if (!isMade) continue;
    if (!(await step('2', patch('2'))) || !(await step('3', patch('3')))) continue;
    if (turn % 3 === 0) await step(null, () => client.delete(configMaps, name, namespace).then(() => undefined));
  }
}

interface View {
  objects: Map<string, string>;
  version: string;
  problems: string[];
  relists: number;
}

async function follow(view: View, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      if (view.version === '') {
        const list = await client.list(configMaps, { namespace, signal });
        view.objects = new Map(
          list.items.map((each) => [each.metadata.name ?? '', each.metadata.resourceVersion ?? '']),
        );
        for (const each of list.items) note(each);
        view.version = list.metadata.resourceVersion ?? '';
        view.relists++;
      }
      for await (const event of client.watch(configMaps, { namespace, resourceVersion: view.version, signal })) {
        const version = event.object.metadata.resourceVersion ?? '';
        if (Number(version) <= Number(view.version) && event.type !== 'BOOKMARK')
          view.problems.push(`${event.type} at ${version} after ${view.version}`);
        view.version = version;
        if (event.type === 'BOOKMARK') continue;
        const name = event.object.metadata.name ?? '';
        const had = view.objects.has(name);
        if (event.type === 'ADDED' && had) view.problems.push(`${name} added twice`);
        if (event.type !== 'ADDED' && !had) view.problems.push(`${name} ${event.type} before it was added`);
        if (event.type === 'DELETED') view.objects.delete(name);
        else {
          view.objects.set(name, version);
          note(event.object);
        }
      }
    } catch (error) {
      if (error instanceof KubeError && error.code === 410) view.version = '';
      await pause(20);
    }
  }
}

const readiness = async () => (await client.request('GET', '/readyz')).status;

test(`${rounds} kills of the server or PostgreSQL lose nothing that was acknowledged`, {
  timeout: 60_000 + rounds * 10_000,
}, async () => {
  const stop = new AbortController();
  const views = Array.from(
    { length: watcherCount },
    (): View => ({ objects: new Map(), version: '', problems: [], relists: 0 }),
  );
  const watchers = views.map((view) => follow(view, stop.signal));
  const writers = Array.from({ length: writerCount }, (_, index) => write(index));
  for (let round = 0; round < rounds; round++) {
    // In the middle of the load, at no particular moment.
    const begun = acknowledged;
    await expect.poll(() => acknowledged, { timeout: 20_000, interval: 5 }).toBeGreaterThan(begun + 100);
    await pause(Math.random() * 50);
    const before = acknowledged;
    if (round % 2 === 0) {
      await server.kill();
      server = await startServer();
    } else {
      const { pid } = server;
      await postgres.kill();
      await expect.poll(readiness, { timeout: 5_000, interval: 20 }).not.toBe(200);
      postgres = await startPostgres();
      await expect.poll(readiness, { timeout: 10_000, interval: 20 }).toBe(200);
      expect(server.pid).toBe(pid);
    }
    await expect.poll(() => acknowledged, { timeout: 20_000, interval: 20 }).toBeGreaterThan(before);
  }
  isOver = true;
  await Promise.all(writers);

  const list = await client.list(configMaps, { namespace });
  const fresh = new Map(list.items.map((each) => [each.metadata.name ?? '', each.metadata.resourceVersion ?? '']));
  for (const view of views) await expect.poll(() => view.objects, { timeout: 10_000 }).toEqual(fresh);
  stop.abort();
  await Promise.all(watchers);

  const values = new Map(list.items.map((each) => [each.metadata.name, each.data?.['value'] ?? '']));
  const lost = [...possible].filter(([name, states]) => !states.includes(values.get(name) ?? null));
  expect(lost).toEqual([]);
  expect(reused).toEqual([]);
  for (const view of views) expect(view.problems).toEqual([]);
  console.log(
    `${rounds} kills: ${acknowledged} writes acknowledged, ${unanswered} not answered, ${contents.size} revisions seen, ` +
      `${views.reduce((sum, view) => sum + view.relists, 0)} lists by ${watcherCount} watchers`,
  );
});
