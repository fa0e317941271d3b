import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { KubeClient, KubeConnection } from '@slipway/orchestrator/client';
import { startControllers } from '@slipway/orchestrator/controllers';
import { type Pod, pods } from '@slipway/orchestrator/kinds';
import { systemClock } from '@slipway/orchestrator/runtime';
import { startTestCluster } from '@slipway/orchestrator/testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { AccessModule } from '../../access/access.module.js';
import { BuildsModule } from '../../builds/builds.module.js';
import { KubernetesModule } from '../../clusters/kubernetes.module.js';
import { ConfigModule } from '../../config/config.module.js';
import { DomainsModule } from '../../domains/domains.module.js';
import { DriftModule } from '../../drift/drift.module.js';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { IdentityModule } from '../../identity/identity.module.js';
import { type Configuration, loadConfig } from '../../kernel/config/config.js';
import { Database } from '../../kernel/database/index.js';
import { migrate } from '../../kernel/database/migrate.js';
import { prepareApplication } from '../../kernel/http/application.js';
import { createToken, hashToken, newId } from '../../kernel/ids/ids.js';
import { Workers } from '../../kernel/jobs/workers.js';
import { createKernelModule } from '../../kernel/kernel.module.js';
import { OutboxRelay } from '../../kernel/outbox/relay.js';
import { PodsModule } from '../../pods/pods.module.js';
import { ProjectsModule } from '../../projects/projects.module.js';
import { PromotionsModule } from '../../promotions/promotions.module.js';
import { QuotaRoutesModule } from '../../quotas/quota-routes.module.js';
import { RepositoriesModule } from '../../repositories/repositories.module.js';
import { SourcesModule } from '../../sources/sources.module.js';
import { TenantsModule } from '../../tenants/tenants.module.js';
import { createOwnDatabase, createOwnRedis } from '../../testing/own-databases.js';
import { TrainsModule } from '../../trains/trains.module.js';

const features = [
  AccessModule,
  BuildsModule,
  ConfigModule,
  DomainsModule,
  DriftModule,
  EnvironmentsModule,
  IdentityModule,
  KubernetesModule,
  PodsModule,
  ProjectsModule,
  PromotionsModule,
  QuotaRoutesModule,
  RepositoriesModule,
  SourcesModule,
  TenantsModule,
  TrainsModule,
];

@Module({})
class TestModule {}

/** `end` and `break`: the process exits by itself, with 0 or with 3. */
/** `end` and `break`: its command has ended, well or not; `late`: it was ended at its deadline. */
type Behaviour = 'run' | 'crash' | 'no-image' | 'hang' | 'end' | 'break' | 'late';

export interface DeliveryPlatform {
  readonly url: string;
  /** The cluster's administrator's. */
  readonly client: KubeClient;
  readonly connection: KubeConnection;
  /** Personal tokens by user name: `admin`, and users without any tenant. */
  token(username: string): string;
  call(
    username: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** What the container runtime would do with a pod; the only thing here that is not real. */
  behave(decide: (pod: Pod) => Behaviour): void;
  stop(): Promise<void>;
}

export interface DeliveryUrls {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Default: none. */
  readonly prometheusUrl?: string;
  /** Ranges that users' URLs may lead to. Default: none but the public internet. */
  readonly outgoingAllow?: string;
}

/** The api and the worker in one process, on a real PostgreSQL, Redis and Kubernetes API server with its controllers. */
export async function startDeliveryPlatform(urls: DeliveryUrls): Promise<DeliveryPlatform> {
  const stops: (() => Promise<unknown>)[] = [];
  const directory = await mkdtemp(join(tmpdir(), 'slipway-delivery-'));
  stops.push(() => rm(directory, { recursive: true, force: true }));
  const cluster = await startTestCluster({ databaseUrl: urls.databaseUrl });
  stops.push(() => cluster.stop());
  const logger = pino({ level: 'silent' });
  const controllers = await startControllers({
    client: cluster.client,
    clock: systemClock,
    logger,
    metrics: new Registry(),
  });
  stops.push(() => controllers.stop());
  const runtime = runPods(cluster.client);
  stops.push(() => runtime.stop());

  const { url: databaseUrl, drop } = await createOwnDatabase(urls.databaseUrl);
  stops.push(drop);
  const redisUrl = await createOwnRedis(urls.redisUrl);
  const config = await configure(directory, { ...urls, databaseUrl, redisUrl }, cluster.kubeconfig);
  await migrate({ databaseUrl, folder: fileURLToPath(new URL('../../../../../prisma/migrations', import.meta.url)) });
  const module = { module: TestModule, imports: [createKernelModule(config), ...features] };
  const app: INestApplication = await NestFactory.create(module, { bodyParser: false, logger: false });
  await prepareApplication(app);
  await app.listen(0, '127.0.0.1');
  stops.push(() => app.close());
  app.get(OutboxRelay).start();
  app.get(Workers).start();
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const tokens = await createUsers(app.get(Database));

  return {
    url,
    client: cluster.client,
    connection: cluster.connection,
    token: (username) => tokens.get(username) ?? '',
    call: async (username, method, path, body) => {
      const headers = {
        authorization: `Bearer ${tokens.get(username)}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      };
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers,
        body: body ? JSON.stringify(body) : undefined,
      });
      const text = await response.text();
      return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : { text } };
    },
    behave: runtime.behave,
    stop: async () => {
      for (const stop of stops.reverse()) await stop();
    },
  };
}

async function configure(directory: string, urls: DeliveryUrls, kubeconfig: string): Promise<Configuration> {
  const masterKey = join(directory, 'master.key');
  await writeFile(masterKey, randomBytes(32).toString('base64'));
  const registryKey = join(directory, 'registry.key');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(registryKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return loadConfig({
    SLIPWAY_REGISTRY_TOKEN_KEY_FILE: registryKey,
    // biome-ignore lint/style/noProcessEnv: where the machine has git
    PATH: process.env['PATH'],
    SLIPWAY_PROMETHEUS_URL: urls.prometheusUrl,
    SLIPWAY_OUTGOING_ALLOW: urls.outgoingAllow,
    SLIPWAY_DATABASE_URL: urls.databaseUrl,
    SLIPWAY_REDIS_URL: urls.redisUrl,
    SLIPWAY_MASTER_KEY_FILE: masterKey,
    SLIPWAY_KUBECONFIG: kubeconfig,
    SLIPWAY_GIT_DIR: join(directory, 'git'),
    SLIPWAY_UPLOADS_DIR: join(directory, 'uploads'),
    SLIPWAY_LOG_LEVEL: 'silent',
  });
}

async function createUsers(database: Database): Promise<ReadonlyMap<string, string>> {
  const tokens = new Map<string, string>();
  for (const username of ['admin', 'mallory', 'dora', 'vera']) {
    const id = newId();
    const user = { id, username, displayName: username, issuer: 'test', subject: username };
    const bindings = username === 'admin' ? { create: { id: newId(), role: 'admin', createdBy: 'test' } } : undefined;
    await database.read.user.create({ data: { ...user, bindings } });
    const token = createToken('slp_pat_');
    await database.read.personalToken.create({
      data: { id: newId(), userId: id, name: 'test', prefix: token.slice(0, 12), hash: hashToken(token) },
    });
    tokens.set(username, token);
  }
  return tokens;
}

const exitCodes: Partial<Record<Behaviour, number>> = { end: 0, break: 3, late: 137 };
const waitingReasons: Partial<Record<Behaviour, string>> = {
  crash: 'CrashLoopBackOff',
  'no-image': 'ImagePullBackOff',
};

/** Stands where scheduler, node agent and containerd would: tells of each pod what the test wants of it. */
function runPods(client: KubeClient) {
  const ending = new AbortController();
  let decide: (pod: Pod) => Behaviour = () => 'run';
  const tell = async (pod: Pod): Promise<void> => {
    const { name = '', namespace = '' } = pod.metadata;
    if (pod.metadata.deletionTimestamp) {
      await client.delete(pods, name, namespace, { gracePeriodSeconds: 0 });
      return;
    }
    const behaviour = decide(pod);
    const isRunning = behaviour === 'run';
    const exitCode = exitCodes[behaviour];
    const waiting = { reason: waitingReasons[behaviour] ?? 'ContainerCreating', message: behaviour };
    const state = isRunning ? { running: {} } : exitCode === undefined ? { waiting } : { terminated: { exitCode } };
    const container = {
      name: pod.spec?.containers[0]?.name ?? '',
      image: 'i',
      imageID: '',
      restartCount: behaviour === 'crash' ? 3 : 0,
      ready: isRunning,
      state,
      lastState: behaviour === 'crash' ? { terminated: { exitCode: 7 } } : {},
    };
    const now = new Date().toISOString().replace(/\.\d+/, '');
    const conditions = ['Ready', 'ContainersReady'].map((type) => ({
      type,
      status: isRunning ? 'True' : 'False',
      lastTransitionTime: now,
    }));
    const status = {
      phase: isRunning ? 'Running' : exitCode === undefined ? 'Pending' : exitCode === 0 ? 'Succeeded' : 'Failed',
      ...(behaviour === 'late' ? { reason: 'DeadlineExceeded' } : {}),
      podIP: '100.127.1.1',
      conditions,
      containerStatuses: [container],
    };
    if (JSON.stringify(pod.status?.containerStatuses?.[0]?.state) === JSON.stringify(state)) return;
    await client.patch(pods, name, namespace, { status }, { type: 'merge', subresource: 'status' });
  };
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const { items } = await client.list(pods).catch(() => ({ items: [] }));
      for (const pod of items) await tell(pod).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const running = loop();
  return {
    behave: (next: typeof decide) => {
      decide = next;
    },
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}
