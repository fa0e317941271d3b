import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, startPostgresProcess } from '@slipway/orchestrator/testing';
import { migrate } from '@slipway/platform/kernel/database/migrate';
import pg from 'pg';

const checkout = join(import.meta.dirname, '../../..');

/** The api as a process of its own on a PostgreSQL and a Redis of its own; no worker, no cluster. */
export interface LoneApi {
  readonly url: string;
  /** As the login role that row-level security holds for. */
  readonly databaseUrl: string;
  /** A superuser's connection to the same database. */
  readonly database: pg.Client;
  /** Has PostgreSQL write every plan into its log from now on; gives the entries that were written during `work`. */
  explain(work: () => Promise<void>): Promise<string[]>;
  close(): Promise<void>;
}

export async function startLoneApi(more: Readonly<Record<string, string>> = {}): Promise<LoneApi> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-lone-api-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
  const close = async () => {
    for (const stop of stops.reverse()) await stop();
  };
  try {
    const [port, redisPort, apiPort] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
    const log = join(directory, 'postgres/log/plans.log');
    const postgres = await startPostgresProcess(directory, port, {
      session_preload_libraries: 'auto_explain',
      logging_collector: 'on',
      log_directory: 'log',
      log_filename: 'plans.log',
      log_line_prefix: '\x1e',
      shared_buffers: '512MB',
    });
    stops.push(postgres.stop);
    const redis = spawn('redis-server', ['--port', `${redisPort}`, '--dir', directory, '--save', ''], {
      stdio: 'ignore',
    });
    stops.push(() => end(redis));
    const server = new pg.Client({ connectionString: postgres.url });
    await server.connect();
    await server.query('CREATE ROLE slipway LOGIN');
    await server.query('CREATE DATABASE slipway OWNER slipway');
    await server.end();
    const databaseUrl = `postgres://slipway@127.0.0.1:${port}/slipway`;
    await migrate({ databaseUrl, folder: join(checkout, 'prisma/migrations') });
    const database = new pg.Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/slipway` });
    await database.connect();
    stops.push(() => database.end());
    const url = `http://127.0.0.1:${apiPort}`;
    const env = { ...environment(directory), SLIPWAY_DATABASE_URL: databaseUrl, SLIPWAY_API_URL: url };
    const child = spawn(process.execPath, [join(checkout, 'apps/api/dist/main.js')], {
      env: {
        ...env,
        PATH: process.env['PATH'] ?? '',
        SLIPWAY_API_PORT: `${apiPort}`,
        SLIPWAY_API_METRICS_PORT: '0',
        SLIPWAY_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
        ...more,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    stops.push(() => end(child));
    await untilItAnswers(`${url}/api/v1/version`, child);
    const explain: LoneApi['explain'] = async (work) => {
      const before = readFileSync(log).length;
      for (const milliseconds of [0, -1]) {
        await database.query(`ALTER SYSTEM SET auto_explain.log_min_duration = ${milliseconds}`);
        await database.query('SELECT pg_reload_conf()');
        await pause(500);
        if (milliseconds === 0) await work();
      }
      return readFileSync(log).subarray(before).toString('utf8').split('\x1e').filter(isPlan);
    };
    return { url, databaseUrl, database, explain, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const isPlan = (entry: string) => entry.includes('plan:\n');

function environment(directory: string): Record<string, string> {
  const write = (name: string, content: string) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const audit = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'audit-load' };
  return {
    SLIPWAY_AUDIT_KEY_FILE: write('audit.json', JSON.stringify({ keys: [audit] })),
    SLIPWAY_ISSUER_KEY_FILE: write(
      'issuer.json',
      JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'load' }),
    ),
    SLIPWAY_MASTER_KEY_FILE: write('master.key', randomBytes(32).toString('base64')),
    SLIPWAY_PORTAL_CLIENT_SECRET_FILE: write('portal', 'a secret of the load test'),
    SLIPWAY_BOOTSTRAP_ADMIN_FILE: write(
      'admin.json',
      JSON.stringify({ username: 'admin', password: randomBytes(12).toString('hex') }),
    ),
    SLIPWAY_REGISTRY_TOKEN_KEY_FILE: write('registry.key', `${privateKey.export({ type: 'pkcs8', format: 'pem' })}`),
    SLIPWAY_KUBECONFIG: join(directory, 'kubeconfig'),
    SLIPWAY_GIT_DIR: join(directory, 'git'),
    SLIPWAY_UPLOADS_DIR: join(directory, 'uploads'),
    SLIPWAY_RATE_LIMIT_CLIENT: '100000000',
    SLIPWAY_RATE_LIMIT_TENANT: '100000000',
    SLIPWAY_LOG_LEVEL: 'warn',
  };
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (child.exitCode !== null) throw new Error(`The api ended with code ${child.exitCode} while starting.`);
    if (Date.now() > deadline) throw new Error('The api did not answer within a minute.');
    await pause(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
