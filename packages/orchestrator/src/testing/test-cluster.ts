import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createKubeClient, type KubeClient, type KubeConnection } from '../client/index.js';
import { type ApiServer, type ServerLog, startApiServer } from '../server/index.js';

export interface TestClusterOptions {
  /** A superuser's URL; the cluster's own database is made beside the one it names. */
  databaseUrl: string;
  /** Use this database as it is and leave it at the end: for restarts. */
  database?: string;
  directory?: string;
  serviceCidr?: string;
  oidc?: Parameters<typeof startApiServer>[0]['oidc'];
  audit?: Parameters<typeof startApiServer>[0]['audit'];
  log?: ServerLog;
}

export interface TestCluster {
  readonly server: ApiServer;
  /** As the administrator; closed by `stop`. */
  readonly client: KubeClient;
  readonly connection: KubeConnection;
  readonly kubeconfig: string;
  readonly database: string;
  readonly directory: string;
  stop(): Promise<void>;
}

/** A real API server on a random port of the loopback, with an empty database. */
export async function startTestCluster(options: TestClusterOptions): Promise<TestCluster> {
  const database = options.database ?? `cluster_${randomBytes(6).toString('hex')}`;
  if (!options.database) await administer(options.databaseUrl, `create database ${database}`);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'slipway-cluster-')));
  const url = new URL(options.databaseUrl);
  url.pathname = `/${database}`;
  const pool = new pg.Pool({ connectionString: url.toString(), connectionTimeoutMillis: 5_000 });
  const kubeconfig = join(directory, 'kubeconfig');
  const server = await startApiServer({
    pool,
    directory,
    bind: '127.0.0.1',
    port: 0,
    serviceCidr: options.serviceCidr ?? '100.127.0.0/20',
    kubeconfig,
    oidc: options.oidc,
    audit: options.audit,
    log: options.log,
  });
  const connection = await server.connectionFor('slipway-admin', ['system:masters']);
  const client = createKubeClient(connection);
  return {
    server,
    client,
    connection,
    kubeconfig,
    database,
    directory,
    stop: async () => {
      await client.close();
      await server.stop();
      await pool.end();
      if (!options.database) await administer(options.databaseUrl, `drop database if exists ${database} with (force)`);
      if (!options.directory) await rm(directory, { recursive: true, force: true });
    },
  };
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
