import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { archiveSettings, type Cluster, prepareBackups } from '../backup.js';
import { baseEnvironment, type Platform } from '../platform.js';
import { findIdentity } from '../process.js';
import { readSecret } from '../secrets.js';
import type { Service } from '../service.js';

const superuser = 'postgres';
const role = 'slipway';
const databases = ['slipway', 'slipway_cluster'];
const keycloakDatabase = 'slipway_keycloak';
const installed = '/usr/lib/postgresql';

/** Its options, on the command line. */
export function postgresFlags(platform: Platform): string[] {
  const options = {
    port: layout(platform).port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '64MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    max_connections: 120,
    max_wal_size: '512MB',
    max_worker_processes: 4,
    autovacuum_max_workers: 2,
    wal_compression: 'on',
    jit: 'off',
    cluster_name: `slipway-${platform.config.id}`,
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...archiveSettings(platform.at('backup')),
  };
  return Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** For backups and restores. */
export function postgresCluster(platform: Platform): Cluster {
  const { port, data } = layout(platform);
  return {
    binaries: binaries(),
    data,
    port,
    superuser,
    password: readSecret(platform.secrets.postgresSuperuser),
    identity: findIdentity(superuser),
    backups: platform.at('backup'),
    env: baseEnvironment,
  };
}

/** What is not in PostgreSQL and must be there when it is restored: where it lies, by its place in the home. */
export function backupFiles(platform: Platform): Record<string, string> {
  const names = ['secrets', 'cluster/pki', 'instance.json', 'config.yaml'];
  return Object.fromEntries(names.map((name) => [name, platform.at(name)]));
}

/** PostgreSQL of Debian, whichever version, with a data directory of its own and passwords for everybody. */
export function postgres(platform: Platform): Service {
  const { port, directory, data } = layout(platform);
  const identity = findIdentity(superuser);
  return {
    name: 'postgres',
    needs: [],
    command: [join(binaries(), 'postgres'), '-D', data, ...postgresFlags(platform)],
    env: baseEnvironment,
    identity,
    address: `127.0.0.1:${port}`,
    prepare: () => {
      prepareBackups({ backups: platform.at('backup'), identity });
      initialise(platform, directory, data, identity);
    },
    settle: () => settle(platform, port),
    health: async () => {
      const client = await connect(platform, port);
      await client.end();
    },
    startSeconds: 60,
    // SIGINT is the fast shutdown: open sessions are rolled back, nothing committed is lost.
    stopSignal: 'SIGINT',
    graceSeconds: 20,
  };
}

function layout(platform: Platform) {
  return {
    port: platform.config.ports.postgres,
    directory: platform.at('postgres'),
    data: platform.at('postgres', 'data'),
  };
}

/** The programs of the newest PostgreSQL; an existing data directory decides the version. */
function binaries(): string {
  const versions = existsSync(installed) ? readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(installed, version, 'bin'))
    .find((path) => existsSync(join(path, 'postgres')));
  if (!found) throw new Error('PostgreSQL is not installed: run `npm start` again, or `apt-get install postgresql`');
  return found;
}

function initialise(
  platform: Platform,
  directory: string,
  data: string,
  identity: { uid: number; gid: number } | undefined,
): void {
  if (existsSync(join(data, 'PG_VERSION'))) return;
  if (identity) assertTraversable(platform.config.home);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, `${readSecret(platform.secrets.postgresSuperuser)}\n`, { mode: 0o600 });
  if (identity) for (const path of [data, passwordFile]) chownSync(path, identity.uid, identity.gid);
  const flags = ['-U', superuser, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '-E', 'UTF8', '--locale=C.UTF-8'];
  try {
    execFileSync(join(binaries(), 'initdb'), ['-D', data, ...flags, '--no-instructions'], {
      ...identity,
      cwd: '/',
      env: { ...baseEnvironment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (cause) {
    rmSync(data, { recursive: true, force: true });
    throw new Error(`initdb failed: ${cause instanceof Error ? cause.message : cause}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function assertTraversable(home: string): void {
  for (let path = home; path !== '/'; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) {
      throw new Error(
        `PostgreSQL runs as the user ${superuser}, who may not enter ${path}: \`chmod o+x ${path}\`, or choose another SLIPWAY_HOME`,
      );
    }
  }
}

/** The role and its databases; the password follows the secret file. */
async function settle(platform: Platform, port: number): Promise<void> {
  const client = await connect(platform, port);
  try {
    const password = client.escapeLiteral(readSecret(platform.secrets.postgres));
    const known = await client.query('select 1 from pg_roles where rolname = $1', [role]);
    await client.query(`${known.rowCount ? 'alter' : 'create'} role ${role} login password ${password}`);
    for (const database of platform.embeds.keycloak ? [...databases, keycloakDatabase] : databases) {
      const found = await client.query('select 1 from pg_database where datname = $1', [database]);
      if (!found.rowCount) await client.query(`create database ${database} owner ${role}`);
    }
  } finally {
    await client.end();
  }
}

async function connect(platform: Platform, port: number): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: superuser,
    password: readSecret(platform.secrets.postgresSuperuser),
    database: 'postgres',
    connectionTimeoutMillis: 3000,
    application_name: 'slipway-supervisor',
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
