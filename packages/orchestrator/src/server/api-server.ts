import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Pool } from 'pg';
import { Registry as MetricsRegistry } from 'prom-client';
import { customResourceDefinitionKind } from '../kinds/index.js';
import { createStore } from '../store/index.js';
import { firstServiceAddress, serviceAllocator } from './addresses.js';
import { builtInAdmission } from './admission/built-in.js';
import { namespaceAdmission } from './admission/namespace.js';
import { podAdmission } from './admission/pod.js';
import { serviceAccountAdmission } from './admission/service-account.js';
import { ApiError, badRequest, forbidden, noSuchPath, toApiError } from './api-error.js';
import { createAuthenticator } from './authentication/authenticator.js';
import { impersonated } from './authentication/impersonation.js';
import type { OidcOptions } from './authentication/oidc.js';
import type { User } from './authentication.js';
import { escalationAdmission } from './authorization/escalation.js';
import { nodeRestrictionAdmission } from './authorization/node.js';
import { isAllowed, refusalText } from './authorization.js';
import { mediaTypeOf, parseObject, readBody } from './body.js';
import { bootstrap, expireEvents, keepUp } from './bootstrap.js';
import { KindCatalog } from './catalog.js';
import {
  customResources,
  definitionAdmission,
  startCustomResourceCleanup,
  terminatingAdmission,
} from './custom/index.js';
import { sendJson } from './front/answer.js';
import { answerHealth, type HealthCheck } from './front/health.js';
import { createPaths } from './front/paths.js';
import { writeKubeconfig } from './kubeconfig.js';
import { createServerMetrics } from './metrics.js';
import { createNodeProxy, refuseUpgrade } from './node-proxy.js';
import { type CertificateAuthority, openCertificateAuthority } from './pki.js';
import { Registry } from './registry.js';
import { parseResourcePath, parseResourceRequest } from './request-info.js';
import { authorize, handleResource } from './resource-handler.js';
import { answerReview } from './reviews.js';
import { translatedProtocol } from './streams/web-socket-streams.js';
import { openIdDocument, openTokenSigner } from './tokens.js';

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

const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0',
  gitCommit: 'slipway',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'node',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

const quiet: ServerLog = { info: () => {}, warn: () => {}, error: () => {} };
const compactEveryMilliseconds = 60_000;
const keepLogMilliseconds = 10 * 60_000;
const keepLogEvents = 50_000;

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
  const tokens = await openTokenSigner(join(options.directory, 'pki', 'service-accounts.key'));

  const store = await createStore({ pool: options.pool, log });
  const registry = new Registry(store, new KindCatalog());
  registry.catalog.addSource(customResources(store));
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
  const resources = { registry, tokens, nodes, metrics };
  let isStopping = false;
  const answerPath = createPaths({
    catalog: registry.catalog,
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

  const server = createServer({
    cert: serving.certificate,
    key: serving.key,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    keepAliveTimeout: 75_000,
    requestTimeout: 0,
  });

  const allowPath = (user: User, path: string) => {
    const wanted = { verb: 'get', group: '', resource: '', subresource: '', namespace: '', name: '', path };
    if (!isAllowed(store, user, wanted))
      throw new ApiError(403, 'Forbidden', `forbidden: ${refusalText(user, wanted)}`, {});
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    const url = new URL(request.url ?? '/', 'https://localhost');
    let label = { verb: request.method ?? '', resource: '' };
    try {
      if (answerHealth(checks, url.pathname, url.searchParams, response)) return;
      if (url.pathname === '/version' || url.pathname === '/version/') {
        sendJson(response, 200, version);
        return;
      }
      const user = impersonated(store, await authenticator.authenticate(request), request);
      const path = segments(url.pathname);
      const place = parseResourcePath(path);
      if (place && !isReviewGroup(place.group)) {
        const target = await handleResource(resources, request, response, place, url.searchParams, user);
        label = { verb: target.verb, resource: target.kind.type.plural };
        if (target.verb === 'watch') return;
      } else if (place && request.method === 'POST') {
        const plural = place.rest.at(-1) ?? '';
        const namespace = place.rest[0] === 'namespaces' ? (place.rest[1] ?? '') : '';
        const wanted = { verb: 'create', group: place.group, resource: plural, subresource: '', namespace, name: '' };
        if (!isAllowed(store, user, wanted))
          throw forbidden({ group: place.group, plural }, '', refusalText(user, wanted));
        const review = parseObject(await readBody(request), mediaTypeOf(request));
        sendJson(response, 201, await answerReview(store, authenticator, place.group, plural, namespace, review, user));
      } else {
        allowPath(user, url.pathname);
        const document = openIdDocument(tokens, url.pathname);
        if (document) sendJson(response, 200, document);
        else await answerPath(path, request, response);
      }
    } catch (error) {
      sendError(response, error, request);
    } finally {
      metrics.observe(label.verb, label.resource, response.statusCode, (performance.now() - started) / 1000);
    }
  }

  function sendError(response: ServerResponse, error: unknown, request: IncomingMessage): void {
    const answer = toApiError(error);
    if (answer.code >= 500) log.warn({ err: error, method: request.method, path: request.url }, answer.message);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (answer.details?.retryAfterSeconds !== undefined)
      response.setHeader('retry-after', String(answer.details.retryAfterSeconds));
    // A body that was not read to its end must not be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    sendJson(response, answer.code, answer.toStatus());
  }

  async function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const url = new URL(request.url ?? '/', 'https://localhost');
      const user = impersonated(store, await authenticator.authenticate(request), request);
      const place = parseResourcePath(segments(url.pathname));
      if (!place) throw noSuchPath();
      const target = parseResourceRequest(
        registry.catalog,
        request,
        place.group,
        place.version,
        place.rest,
        url.searchParams,
      );
      if (target.subresource === 'proxy') {
        authorize(registry, user, target);
        const { plural } = target.kind.type;
        nodes.proxyUpgrade(request, socket, head, { ...target, plural }, (error) => refuseUpgrade(socket, error));
        return;
      }
      // An exec is a creation, whatever method carries it.
      authorize(registry, user, { ...target, verb: 'create' });
      if (!['exec', 'attach', 'portforward'].includes(target.subresource))
        throw badRequest('this path cannot be upgraded');
      refuseUnknownProtocol(request);
      nodes.upgrade(request, socket, head, { ...target, query: url.searchParams });
    } catch (error) {
      refuseUpgrade(socket, toApiError(error));
    }
  }

  server.on('request', (request, response) => void handle(request, response));
  server.on('upgrade', (request, socket, head) => void handleUpgrade(request, socket, head));
  server.on('tlsClientError', () => {});
  server.on('clientError', (_error, socket) => socket.destroy());
  server.listen(options.port, options.bind);
  try {
    await once(server, 'listening');
  } catch (error) {
    await store.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
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
  const followers = keepUp(store, registry, authority.certificate, (error, what) => log.warn({ err: error }, what));
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
      followers.close();
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const force = setTimeout(() => server.closeAllConnections(), 200);
      await closed;
      clearTimeout(force);
      nodes.close();
      await store.close();
    },
  };
}

const isReviewGroup = (group: string) => group === 'authentication.k8s.io' || group === 'authorization.k8s.io';

/** Decoded path segments; throws 400 for a path that is not one. */
function segments(path: string): string[] {
  try {
    return path
      .split('/')
      .filter((each) => each !== '')
      .map(decodeURIComponent);
  } catch {
    throw badRequest('the path is not properly encoded');
  }
}

/** The newest protocols are translated here; those up to v4 are the node's runtime's. Clients fall back to SPDY when refused. */
function refuseUnknownProtocol(request: IncomingMessage): void {
  if ((request.headers.upgrade ?? '').toLowerCase() !== 'websocket' || translatedProtocol(request)) return;
  const offered = String(request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((each) => each.trim());
  const isKnown = offered.some((each) => /^(v[1-4]\.)?(base64\.)?channel\.k8s\.io$/.test(each) || each === '');
  if (!isKnown)
    throw badRequest(
      `unable to upgrade: none of the WebSocket protocols ${offered.join(', ')} is spoken here; use SPDY/3.1 or v4.channel.k8s.io`,
    );
}
