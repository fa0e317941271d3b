// Measures the API server alone: `node test/dist/load/api-server.js [part ...]`, parts: create get list patch watch memory floor.
// It starts a PostgreSQL that keeps its promises and the built server as processes of their own and speaks HTTPS with a client
// certificate of a user who has his rights by RBAC; objects are ConfigMaps of 1 KB. Server, database and client share the machine.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, loadKubeconfig } from '@slipway/orchestrator/client';
import { clusterRoleBindings } from '@slipway/orchestrator/kinds';
import { openCertificateAuthority } from '@slipway/orchestrator/server';
import {
  findFreePort,
  type PostgresProcess,
  type ServerProcess,
  startPostgresProcess,
  startServerProcess,
} from '@slipway/orchestrator/testing';
import { type Figure, printFigures } from './figure.js';
import { measureFloors } from './floors.js';
import { LeanClient, openWatch, requestBytes, type Target } from './lean-client.js';

const script = join(import.meta.dirname, '../../../packages/orchestrator/dist/testing/server-process.js');
const wanted = new Set(process.argv.slice(2).filter((each) => !each.startsWith('-')));
const profile = process.argv.includes('--cpu-prof');
const isWanted = (part: string) => wanted.size === 0 || wanted.has(part);
const directory = mkdtempSync(join(tmpdir(), 'slipway-load-'));
const payload = 'x'.repeat(700);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let made = 0;
const collection = '/api/v1/namespaces/default/configmaps';
const newObject = () =>
  requestBytes('POST', collection, JSON.stringify({ metadata: { name: `load-${made++}` }, data: { payload } }));

/** Resident megabytes of a process. */
function residentMb(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4096) / 1e6;
}

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
}

/** Runs jobs on some connections for some seconds. */
async function run(
  target: Target,
  clients: number,
  seconds: number,
  job: (client: LeanClient) => Promise<{ status: number }>,
): Promise<Measured> {
  const connections = await Promise.all(Array.from({ length: clients }, () => LeanClient.open(target)));
  const times: number[] = [];
  const work = async (client: LeanClient, until: number) => {
    while (performance.now() < until) {
      const from = performance.now();
      const { status } = await job(client);
      if (status >= 300) throw new Error(`answered ${status}`);
      times.push(performance.now() - from);
    }
  };
  await Promise.all(connections.map((each) => work(each, performance.now() + 1_000)));
  times.length = 0;
  const started = performance.now();
  await Promise.all(connections.map((each) => work(each, started + seconds * 1000)));
  const elapsed = (performance.now() - started) / 1000;
  for (const each of connections) each.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: times.length / elapsed, p50: at(0.5), p99: at(0.99) };
}

const figureOf = (name: string, { perSecond, p50, p99 }: Measured): Figure => ({
  name,
  value: perSecond,
  unit: '/s',
  note: `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
});

async function fill(target: Target, count: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: 16 }, () => LeanClient.open(target)));
  const end = made + count;
  await Promise.all(
    connections.map(async (client) => {
      while (made < end) await client.send(newObject());
      client.close();
    }),
  );
}

async function measureList(target: Target, pid: number): Promise<Figure[]> {
  if (made < 8_000) await fill(target, 8_000 - made);
  const client = await LeanClient.open(target, true);
  const request = requestBytes('GET', collection);
  const sized = await LeanClient.open(target);
  const bytes = (await sized.send(request)).body.length;
  sized.close();
  for (let warm = 0; warm < 5; warm++) await client.send(request);
  await pause(2_000);
  const before = residentMb(pid);
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, residentMb(pid));
  }, 2);
  const started = performance.now();
  const times = 20;
  for (let turn = 0; turn < times; turn++) await client.send(request);
  const seconds = (performance.now() - started) / 1000;
  clearInterval(sampler);
  client.close();
  return [
    {
      name: `LIST of ${made} objects`,
      value: (bytes * times) / 1e6 / seconds,
      unit: 'MB/s',
      note: `${(bytes / 1e6).toFixed(1)} MB each`,
    },
    { name: 'memory rise of it', value: most - before, unit: 'MB' },
  ];
}

interface Fanout {
  watchers: number;
  seen: number[];
  close(): void;
}

async function openWatches(
  target: Target,
  count: number,
  onEvents?: (watcher: number, count: number) => void,
): Promise<Fanout> {
  const list = await LeanClient.open(target);
  const answer = await list.send(requestBytes('GET', `${collection}?limit=1`));
  list.close();
  const version = /"resourceVersion":"(\d+)"/.exec(answer.body.toString())?.[1];
  const seen: number[] = Array.from({ length: count }, () => 0);
  const path = `${collection}?watch=1&resourceVersion=${version}`;
  const sockets = await Promise.all(
    seen.map((_, index) =>
      openWatch(target, path, (news) => {
        seen[index] = (seen[index] ?? 0) + news;
        onEvents?.(index, news);
      }),
    ),
  );
  return {
    watchers: count,
    seen,
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function measureWatch(target: Target): Promise<Figure[]> {
  const watchers = 200;
  const fanout = await openWatches(target, watchers);
  const before = made;
  const started = performance.now();
  const creates = await run(target, 16, 5, (client) => client.send(newObject()));
  const all = () => fanout.seen.reduce((sum, each) => sum + each, 0);
  const expected = () => (made - before) * watchers;
  for (const deadline = performance.now() + 20_000; all() < expected() && performance.now() < deadline; )
    await pause(5);
  const seconds = (performance.now() - started) / 1000;
  const rate = all() / seconds;
  fanout.close();

  // Half of that rate, evenly: how long from sending a create to each watcher's having it.
  const perSecond = rate / watchers / 2;
  const arrived: number[][] = Array.from({ length: watchers }, () => []);
  const paced = await openWatches(target, watchers, (watcher, news) => {
    for (let each = 0; each < news; each++) arrived[watcher]?.push(performance.now());
  });
  const clients = await Promise.all(Array.from({ length: 8 }, () => LeanClient.open(target)));
  const total = Math.round(perSecond * 5);
  const committed: { revision: number; sent: number; answered: number }[] = [];
  const begun = performance.now();
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (;;) {
        const turn = next++;
        if (turn >= total) return;
        const due = begun + (turn * 1000) / perSecond;
        if (due > performance.now()) await pause(due - performance.now());
        const sent = performance.now();
        const { body } = await client.send(newObject());
        const revision = Number(/"resourceVersion":"(\d+)"/.exec(body.toString('latin1', 0, 400))?.[1]);
        committed.push({ revision, sent, answered: performance.now() });
      }
    }),
  );
  const complete = () => arrived.every((each) => each.length >= total);
  for (const deadline = performance.now() + 10_000; !complete() && performance.now() < deadline; ) await pause(5);
  paced.close();
  for (const each of clients) each.close();
  committed.sort((a, b) => a.revision - b.revision);
  const delays = arrived
    .flatMap((times) => times.map((time, index) => time - (committed[index]?.sent ?? time)))
    .sort((a, b) => a - b);
  const lost = expected0(arrived, total);
  return [
    { name: 'watch: events to 200 watchers', value: rate, unit: '/s', note: `${expected() - all()} lost` },
    figureOf('watch: creates meanwhile, 16 clients', creates),
    {
      name: 'watch: request to delivery at half rate, p99',
      value: delays[Math.floor(delays.length * 0.99)] ?? 0,
      unit: 'ms',
      note: `p50 ${(delays[Math.floor(delays.length / 2)] ?? 0).toFixed(1)} ms, ${lost} lost`,
    },
  ];
}

const expected0 = (arrived: readonly number[][], total: number) =>
  arrived.reduce((sum, each) => sum + Math.max(0, total - each.length), 0);

async function measureMemory(target: Target, pid: number): Promise<Figure[]> {
  const fanout = await openWatches(target, 200);
  if (made < 30_000) await fill(target, 30_000 - made);
  await pause(3_000);
  const figures = [{ name: `resident with ${made} objects, 200 watchers`, value: residentMb(pid), unit: 'MB' }];
  fanout.close();
  return figures;
}

async function main(): Promise<void> {
  const postgresPort = await findFreePort();
  const port = await findFreePort();
  let postgres: PostgresProcess | undefined;
  let server: ServerProcess | undefined;
  try {
    postgres = await startPostgresProcess(directory, postgresPort);
    const api = join(directory, 'api');
    const start = (flags: readonly string[]) =>
      startServerProcess(script, { databaseUrl: postgres?.url ?? '', directory: api, port, nodeFlags: flags });
    // The first start makes keys and bootstrap objects; the second one is what a restart takes.
    server = await start([]);
    await server.stop();
    const began = performance.now();
    server = await start(profile ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : []);
    const ready = performance.now() - began;
    const { pid } = server;
    await pause(3_000);
    const idle = residentMb(pid);
    const authority = await openCertificateAuthority(join(api, 'pki'));
    const pair = await authority.keep('client-bench', { commonName: 'bench' });
    const admin = createKubeClient(await loadKubeconfig(server.kubeconfig));
    await admin.create(clusterRoleBindings, {
      metadata: { name: 'bench' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bench' }],
    });
    await admin.close();
    const tls = { ca: authority.certificate, cert: pair.certificate, key: pair.key };
    const target: Target = { host: '127.0.0.1', port, tls };

    printFigures([
      { name: 'ready after a restart', value: ready, unit: 'ms' },
      { name: 'resident when idle', value: idle, unit: 'MB' },
    ]);
    const floors = isWanted('floor') ? await measureFloors(postgres.url, directory) : undefined;
    if (floors) printFigures(floors.figures);
    const ratio = (figure: Figure): Figure => {
      const parts = floors
        ? Object.entries(floors.perSecond).map(([name, rate]) => `${(figure.value / rate).toFixed(2)} × ${name}`)
        : [];
      return { ...figure, note: [figure.note ?? '', ...parts].join(', ') };
    };
    if (isWanted('create')) {
      printFigures([figureOf('create, 1 client', await run(target, 1, 4, (client) => client.send(newObject())))]);
      printFigures([
        ratio(figureOf('create, 16 clients', await run(target, 16, 5, (client) => client.send(newObject())))),
      ]);
    }
    if (made === 0) await fill(target, 1_000);
    if (isWanted('get')) {
      const get = () => requestBytes('GET', `${collection}/load-${Math.floor(Math.random() * made)}`);
      printFigures([figureOf('GET, 16 clients', await run(target, 16, 4, (client) => client.send(get())))]);
    }
    if (isWanted('patch')) {
      let turn = 0;
      const patch = () => {
        const body = JSON.stringify({ data: { turn: String(turn++) } });
        return requestBytes('PATCH', `${collection}/load-${turn % 1_000}`, body, 'application/merge-patch+json');
      };
      printFigures([
        ratio(figureOf('merge patch, 16 clients', await run(target, 16, 4, (client) => client.send(patch())))),
      ]);
    }
    if (isWanted('watch')) printFigures(await measureWatch(target));
    if (isWanted('list')) printFigures(await measureList(target, pid));
    if (isWanted('memory')) printFigures(await measureMemory(target, pid));
    console.log(`server resident at the end: ${residentMb(pid).toFixed(0)} MB`);
  } finally {
    await server?.stop();
    await postgres?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
