import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Pool } from 'pg';
import { Registry as MetricsRegistry } from 'prom-client';
import { customResourceDefinitionKind } from '../kinds/index.js';
import { createStore } from '../store/index.js';
import { firstServiceAddress, serviceAllocator } from './addresses.js';
import { builtInAdmission } from './admission/built-in.js';
import { namespaceAdmission } from './admission/namespace.js';
import { podAdmission } from './admission/pod.js';
import { serviceAccountAdmission } from './admission/service-account.js';
import { createAggregation, openFrontProxy } from './aggregation/index.js';
import { type AuditOptions, auditedNames, createAuditor } from './audit/index.js';
import { createAuthenticator } from './authentication/authenticator.js';
import type { OidcOptions } from './authentication/oidc.js';
import { escalationAdmission } from './authorization/escalation.js';
import { nodeRestrictionAdmission } from './authorization/node.js';
import { bootstrap, expireEvents, keepUp } from './bootstrap.js';
import { KindCatalog } from './catalog.js';
import {
  customResources,
  definitionAdmission,
  startCustomResourceCleanup,
  terminatingAdmission,
} from './custom/index.js';
import { createFairness, createFairnessMetrics } from './fairness/index.js';
import type { HealthCheck } from './front/health.js';
import { listen } from './front/listener.js';
import { LongRunning } from './front/long-running.js';
import { createPaths } from './front/paths.js';
import { createRequestHandler, type FrontParts } from './front/requests.js';
import { createUpgradeHandler } from './front/upgrades.js';
import { version } from './front/version.js';
import { writeKubeconfig } from './kubeconfig.js';
import { createServerMetrics } from './metrics.js';
import { metricsResources, startMetricsCollector } from './metrics-api/index.js';
import { createNodeProxy } from './node-proxy.js';
import { type CertificateAuthority, openCertificateAuthority } from './pki.js';
import { Registry } from './registry.js';
import { reviewResources } from './reviews.js';
import { openTokenSigner } from './tokens.js';
import { VirtualResources } from './virtual.js';

export interface ApiServerOptions {
  /** Connections to the cluster's database; the server keeps one of them for itself and leaves closing to its owner. */
  pool: Pool;
  /** Where the CA, keys and certificates are kept. */
  directory: string;
  /** Address to listen on. */
  bind: string;
  /** 0: any free one. */
  port: number;
  serviceCidr: string;
  /** Where to write the administrator's kubeconfig; not written when absent. */
  kubeconfig?: string;
  /** Where pods reach this server; when absent, the network says so in the slice of the service `kubernetes`. */
  advertiseAddress?: string;
  /** Further names and addresses of the serving certificate. */
  hosts?: readonly string[];
  /** Identity providers whose ID tokens are taken. */
  oidc?: readonly OidcOptions[];
  /** Where requests are noted; nowhere when absent. */
  audit?: AuditOptions;
  metrics?: MetricsRegistry;
  log?: ServerLog;
}

export interface ServerLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface ApiServer {
  /** `https://127.0.0.1:7644`. */
  readonly url: string;
  readonly port: number;
  readonly authority: CertificateAuthority;
  readonly isReady: boolean;
  /** What a client needs to speak as a component (`system:slipway`) or as the administrator. */
  connectionFor(
    user: string,
    organizations: readonly string[],
  ): Promise<{ server: string; ca: string; certificate: string; key: string }>;
  stop(): Promise<void>;
}

const quiet: ServerLog = { info: () => {}, warn: () => {}, error: () => {} };
const compactEveryMilliseconds = 60_000;
const keepLogMilliseconds = 10 * 60_000;
const keepLogEvents = 50_000;
/** Requests that are answered at once, and how long one may wait to be among them. */
const requestSeats = 600;
const requestWaitMilliseconds = 15_000;

/** Starts the API server; resolves when it is the store's writer, has made what every cluster has, and listens. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const log = options.log ?? quiet;
  const serviceAddress = firstServiceAddress(options.serviceCidr);
  const authority = await openCertificateAuthority(join(options.directory, 'pki'));
  const local = ['127.0.0.1', 'localhost', hostname(), options.bind, options.advertiseAddress ?? ''];
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  const hosts = [...new Set([...local, ...names, serviceAddress, ...(options.hosts ?? [])])].filter(
    (each) => each !== '' && each !== '0.0.0.0',
  );
  const serving = await authority.keep('server', { commonName: 'kubernetes', hosts });
  const identity = await authority.keep('node-client', {
    commonName: 'system:apiserver',
    organizations: ['system:masters'],
  });
  const frontProxy = await openFrontProxy(join(options.directory, 'pki'));
  const tokens = await openTokenSigner(join(options.directory, 'pki', 'service-accounts.key'));

  const store = await createStore({ pool: options.pool, log });
  const registry = new Registry(store, new KindCatalog());
  const customKinds = customResources(store);
  registry.catalog.addSource(customKinds);
  registry.admission.add(
    namespaceAdmission(store),
    serviceAccountAdmission(store),
    podAdmission,
    escalationAdmission(store),
    nodeRestrictionAdmission(store),
    ...builtInAdmission(store, registry.catalog),
    definitionAdmission(store),
    terminatingAdmission,
    serviceAllocator(store, options.serviceCidr),
    auditedNames,
  );
  const authenticator = createAuthenticator({
    store,
    tokens,
    oidc: options.oidc,
    onError: (error) => log.warn({ err: error }, 'an identity provider could not be asked'),
  });
  const metricsRegistry = options.metrics ?? new MetricsRegistry();
  const metrics = createServerMetrics(metricsRegistry, store);
  const nodes = createNodeProxy(store, identity, authority.certificate);
  const usage = startMetricsCollector({
    nodes: () => (store.isReady ? store.list('nodes').map(({ name }) => name) : []),
    read: (node, path) => nodes.read(node, path),
  });
  const virtual = new VirtualResources([...reviewResources(store, authenticator), ...metricsResources(store, usage)]);
  registry.catalog.addSource(virtual);
  const resources = { registry, tokens, nodes, metrics, virtual };
  let isStopping = false;
  let { port } = options;
  const aggregation = createAggregation({
    store,
    registry,
    frontProxy,
    clientCa: authority.certificate,
    metrics: metricsRegistry,
    onError: (error, what) => log.warn({ err: error }, what),
  });
  const answerPath = createPaths({
    catalog: registry.catalog,
    remote: aggregation,
    metrics: metricsRegistry,
    version: version.gitVersion,
    address: () => `${options.bind}:${port}`,
  });
  const checks: readonly HealthCheck[] = [
    { name: 'ping', check: () => undefined },
    { name: 'log', check: () => undefined },
    {
      name: 'etcd',
      isForReadinessOnly: true,
      check: () => (store.isReady ? undefined : 'the database cannot be reached'),
    },
    { name: 'shutdown', isForReadinessOnly: true, check: () => (isStopping ? 'process is shutting down' : undefined) },
  ];

  const fairness = createFairness({
    store,
    seats: requestSeats,
    waitMilliseconds: requestWaitMilliseconds,
    metrics: createFairnessMetrics(metricsRegistry),
  });
  const auditor =
    options.audit && createAuditor(options.audit, metricsRegistry, (err, what) => log.warn({ err }, what));
  const longRunning = new LongRunning();
  const parts: FrontParts = {
    longRunning,
    auditor,
    fairness,
    aggregation,
    resources,
    authenticator,
    checks,
    answerPath,
    log,
  };
  const { certificate, key } = serving;
  const listener = await listen(
    { certificate, key, ca: authority.certificate, bind: options.bind, port: options.port },
    { request: createRequestHandler(parts), upgrade: createUpgradeHandler(parts) },
  ).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  port = listener.port;
  const host = isIP(options.bind) && options.bind !== '0.0.0.0' ? options.bind : '127.0.0.1';
  const url = `https://${host}:${port}`;
  const connectionFor: ApiServer['connectionFor'] = async (user, organizations) => {
    const pair = await authority.keep(`client-${user.replace(/[^a-z0-9]+/gi, '-')}`, {
      commonName: user,
      organizations,
    });
    return { server: url, ca: authority.certificate, certificate: pair.certificate, key: pair.key };
  };
  if (options.kubeconfig) {
    await mkdir(dirname(options.kubeconfig), { recursive: true });
    await writeKubeconfig(options.kubeconfig, await connectionFor('slipway-admin', ['system:masters']));
  }
  const endpoint = options.advertiseAddress ? { address: options.advertiseAddress, port } : undefined;
  await bootstrap(registry, { serviceAddress, port, endpoint });
  await aggregation.start();
  const followers = keepUp(store, registry, { authority, tokens }, (error, what) => log.warn({ err: error }, what));
  const customResourceCleanup = startCustomResourceCleanup(registry, customResourceDefinitionKind, (message, error) =>
    log.warn({ err: error }, message),
  );
  const upkeep = setInterval(() => {
    if (!store.isReady) return;
    store
      .compact(keepLogMilliseconds, keepLogEvents)
      .catch((error: unknown) => log.warn({ err: error }, 'the log could not be compacted'));
    expireEvents(store, registry).catch((error: unknown) =>
      log.warn({ err: error }, 'old events could not be removed'),
    );
  }, compactEveryMilliseconds);
  upkeep.unref();
  log.info({ url }, 'the API server is ready');

  return {
    url,
    port,
    authority,
    connectionFor,
    get isReady() {
      return store.isReady && !isStopping;
    },
    stop: async () => {
      isStopping = true;
      clearInterval(upkeep);
      customResourceCleanup.close();
      customKinds.close();
      followers.close();
      aggregation.close();
      const closed = listener.close();
      longRunning.end();
      await closed;
      registry.admission.close();
      await auditor?.close();
      usage.close();
      nodes.close();
      await store.close();
    },
  };
}
