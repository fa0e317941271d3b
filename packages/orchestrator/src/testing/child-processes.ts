import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';

const user = 'postgres';

/** A process of a test's own that may be killed at any time. */
export interface ChildService {
  readonly pid: number;
  /** Ends it without a chance to finish anything; resolves when all of it is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresProcess extends ChildService {
  readonly url: string;
}

/** The newest PostgreSQL of this machine. Throws when there is none. */
export function postgresBin(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const bin = versions.map((version) => join(root, version, 'bin')).find((path) => existsSync(join(path, 'initdb')));
  if (!bin) throw new Error('PostgreSQL is not installed: run `npm test`, or `apt-get install postgresql`');
  return bin;
}

/** PostgreSQL refuses to run as root; anybody else runs it as himself. */
function identity(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/**
 * Starts a PostgreSQL that keeps its promises (fsync and synchronous commit are on) on the data in `directory`/postgres, made at
 * the first time; resolves when it answers.
 */
export async function startPostgresProcess(
  directory: string,
  port: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresProcess> {
  const bin = postgresBin();
  const data = join(directory, 'postgres');
  const options = { cwd: '/', ...identity(), env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } };
  if (!existsSync(join(data, 'PG_VERSION'))) {
    chmodSync(directory, 0o755);
    mkdirSync(data, { mode: 0o700, recursive: true });
    if (options.uid !== undefined && options.gid !== undefined) chownSync(data, options.uid, options.gid);
    const flags = ['-D', data, '-U', user, '--auth=trust', '-E', 'UTF8', '--no-sync', '--no-instructions'];
    execFileSync(join(bin, 'initdb'), flags, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '64MB',
    ...settings,
  };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const url = `postgres://${user}@127.0.0.1:${port}/postgres`;
  const deadline = Date.now() + 60_000;
  // A server that was killed may leave processes that hold its shared memory for a moment.
  for (;;) {
    const child = spawn(join(bin, 'postgres'), ['-D', data, ...args], { ...options, stdio: 'ignore', detached: true });
    const service = serviceOf(child, 'SIGINT');
    while (child.exitCode === null && child.signalCode === null) {
      if (await answers(url)) return { ...service, url };
      if (Date.now() > deadline) {
        await service.kill();
        throw new Error('PostgreSQL did not answer within a minute');
      }
      await pause(30);
    }
    if (Date.now() > deadline) throw new Error('PostgreSQL does not start');
    await pause(100);
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

export interface ServerProcess extends ChildService {
  readonly kubeconfig: string;
  /** From the beginning of the process. */
  readonly readyMilliseconds: number;
}

/** Starts `script` (the built `dist/testing/server-process.js`) and waits until it serves. */
export async function startServerProcess(
  script: string,
  options: { databaseUrl: string; directory: string; port: number; nodeFlags?: readonly string[]; quiet?: boolean },
): Promise<ServerProcess> {
  mkdirSync(options.directory, { recursive: true });
  const { databaseUrl, directory, port, quiet, nodeFlags = [] } = options;
  const args = [script, databaseUrl, directory, String(port), ...(quiet ? ['quiet'] : [])];
  const child = spawn(process.execPath, [...nodeFlags, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const service = serviceOf(child, 'SIGTERM');
  const ready = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (data: Buffer) => {
      text += data.toString();
      const line = /^ready (\d+)$/m.exec(text)?.[1];
      if (line) resolve(line);
    });
    child.once('exit', (code, signal) => reject(new Error(`the API server ended while starting: ${signal ?? code}`)));
  });
  return { ...service, kubeconfig: join(options.directory, 'kubeconfig'), readyMilliseconds: Number(ready) };
}

function serviceOf(child: ChildProcess, gentle: NodeJS.Signals): ChildService {
  const pid = child.pid ?? 0;
  const gone = once(child, 'exit');
  gone.catch(() => undefined);
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  const kill = async () => {
    // The whole group: PostgreSQL's own children die with it.
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
    if (!isGone()) await gone;
  };
  return {
    pid,
    kill,
    stop: async () => {
      if (isGone()) return;
      const force = setTimeout(() => void kill(), 10_000);
      child.kill(gentle);
      await gone;
      clearTimeout(force);
    },
  };
}

export function findFreePort(): Promise<number> {
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

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
