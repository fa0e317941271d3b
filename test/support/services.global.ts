import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL to a throw-away PostgreSQL (database `postgres`): create your own database there. */
    databaseUrl: string;
    /** A throw-away Redis, without a password: take a database of your own with `createOwnRedis`. */
    redisUrl: string;
  }
}

const postgresUser = 'postgres';

/** Starts a PostgreSQL without fsync and a Redis on free loopback ports for one run of the `db` project. */
export default async function services(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-services-'));
  const stops: (() => Promise<void>)[] = [];
  const dispose = async () => {
    for (const stop of stops.reverse()) await stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    chmodSync(directory, 0o755);
    const [postgresPort, redisPort] = await Promise.all([freePort(), freePort()]);
    const started = await Promise.all([
      startPostgres(directory, postgresPort, stops),
      startRedis(directory, redisPort, stops),
    ]);
    project.provide('databaseUrl', started[0]);
    project.provide('redisUrl', started[1]);
    return dispose;
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function startPostgres(directory: string, port: number, stops: (() => Promise<void>)[]): Promise<string> {
  const bin = postgresBin();
  const data = join(directory, 'postgres');
  const password = randomBytes(12).toString('hex');
  mkdirSync(data, { mode: 0o700 });
  const user = postgresIdentity();
  if (user) chownSync(data, user.uid, user.gid);
  const options = { cwd: '/', ...user, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } };
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', postgresUser, '--auth=trust', '-E', 'UTF8', '--no-sync', '--no-instructions'],
    { ...options, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: 300,
    shared_buffers: '64MB',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...args], { ...options, stdio: 'ignore' });
  // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients that forgot to leave.
  stops.push(() => stopChild(child, 'SIGINT'));
  const url = `postgres://${postgresUser}:${password}@127.0.0.1:${port}/postgres`;
  await eventually('PostgreSQL', child, async () => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } finally {
      await client.end().catch(() => undefined);
    }
  });
  return url;
}

async function startRedis(directory: string, port: number, stops: (() => Promise<void>)[]): Promise<string> {
  const options = {
    port,
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: 'no',
    databases: 4096,
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  stops.push(() => stopChild(child, 'SIGTERM'));
  await eventually('Redis', child, () => ping(port));
  return `redis://127.0.0.1:${port}`;
}

function postgresBin(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const bin = versions.map((version) => join(root, version, 'bin')).find((path) => existsSync(join(path, 'initdb')));
  if (!bin) throw new Error('PostgreSQL is not installed: run `npm test`, or `apt-get install postgresql`');
  return bin;
}

/** PostgreSQL refuses to run as root; anybody else runs it as himself. */
function postgresIdentity(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, postgresUser], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

function ping(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

async function eventually(what: string, child: ChildProcess, check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await check();
    } catch (cause) {
      if (child.exitCode !== null) throw new Error(`${what} ended with code ${child.exitCode} while starting`);
      if (Date.now() > deadline) throw new Error(`${what} did not answer within 30 seconds`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill(signal);
  });
}
