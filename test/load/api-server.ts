// Measures the API server alone: `node test/dist/load/api-server.js [part ...] [--cpu-prof]`, parts: floor create get patch watch
// list memory. It starts a PostgreSQL that keeps its promises and the built server as processes of their own and speaks HTTPS
// with a client certificate of a user who has his rights by RBAC; objects are ConfigMaps of 1 KB. Server, database and client
// share the machine. `--cpu-prof` leaves the server's profile in the working directory.
import { mkdtempSync, rmSync } from 'node:fs';
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
import { measureLists, measureMemory } from './api-lists.js';
import { fill, measureCreates, measureGets, measurePatches, pause, type Rate, type Scene } from './api-load.js';
import { measureWatches } from './api-watches.js';
import { printFigures } from './figure.js';
import { type Floors, measureFloors } from './floors.js';
import { residentMb } from './processes.js';

const script = join(import.meta.dirname, '../../../packages/orchestrator/dist/testing/server-process.js');
const wanted = new Set(process.argv.slice(2).filter((each) => !each.startsWith('-')));
const profile = process.argv.includes('--cpu-prof') ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : [];
const isWanted = (part: string) => wanted.size === 0 || wanted.has(part);
const directory = mkdtempSync(join(tmpdir(), 'slipway-load-'));

/** `0.62 × pgbench, 2.30 × etcd, `: a rate beside the floors that were measured with as many clients. */
function ratioTo(floors: Floors | undefined): Rate {
  return (perSecond, clients) =>
    Object.entries(floors?.perSecond[clients] ?? {})
      .map(([name, rate]) => `${(perSecond / rate).toFixed(2)} × ${name}, `)
      .join('');
}

async function openScene(server: ServerProcess, port: number, database: number): Promise<Scene> {
  const authority = await openCertificateAuthority(join(directory, 'api', 'pki'));
  const { certificate: cert, key } = await authority.keep('client-bench', { commonName: 'bench' });
  const admin = createKubeClient(await loadKubeconfig(server.kubeconfig));
  await admin.create(clusterRoleBindings, {
    metadata: { name: 'bench' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bench' }],
  });
  await admin.close();
  const tls = { ca: authority.certificate, cert, key };
  return { target: { host: '127.0.0.1', port, tls }, pids: { server: server.pid, database }, made: 0 };
}

async function main(): Promise<void> {
  const port = await findFreePort();
  let postgres: PostgresProcess | undefined;
  let server: ServerProcess | undefined;
  try {
    postgres = await startPostgresProcess(directory, await findFreePort());
    const options = { databaseUrl: postgres.url, directory: join(directory, 'api'), port };
    // The first start makes keys and bootstrap objects; the second one is what a restart takes.
    server = await startServerProcess(script, { ...options, quiet: true });
    await pause(1_000);
    await server.stop();
    const began = performance.now();
    server = await startServerProcess(script, { ...options, nodeFlags: profile });
    const ready = performance.now() - began;
    await pause(3_000);
    printFigures([
      { name: 'ready after a restart', value: ready, unit: 'ms', aim: { most: 2_000 } },
      { name: 'resident, idle', value: residentMb(server.pid), unit: 'MB', aim: { most: 120 } },
    ]);
    const scene = await openScene(server, port, postgres.pid);
    const floors = isWanted('floor') ? await measureFloors(postgres.url, directory) : undefined;
    if (floors) printFigures(floors.figures);
    const ratio = ratioTo(floors);
    if (isWanted('create')) printFigures(await measureCreates(scene, ratio));
    if (scene.made < 1_000) await fill(scene, 1_000);
    if (isWanted('get')) printFigures(await measureGets(scene));
    if (isWanted('patch')) printFigures(await measurePatches(scene, ratio));
    if (isWanted('watch')) printFigures(await measureWatches(scene));
    if (isWanted('list')) printFigures(await measureLists(scene));
    if (isWanted('memory')) printFigures(await measureMemory(scene));
  } finally {
    await server?.stop();
    await postgres?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
