import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Gauge, type Registry as MetricsRegistry } from 'prom-client';
import type { JsonObject } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { ApiError, toApiError } from '../api-error.js';
import type { User } from '../authentication.js';
import type { RemoteGroups } from '../discovery.js';
import type { RemoteOpenApi } from '../openapi/openapi.js';
import type { Registry, WriteContext } from '../registry.js';
import { passedHeaders, relay, relayUpgrade } from '../streams/relay.js';
import { createConnector } from './connect.js';
import { followRemotes, type RemoteFollower } from './follow-remotes.js';
import { type FrontProxy, isUserHeader, publishAuthentication } from './front-proxy.js';
import { keepLocalServices } from './local-services.js';
import { type RemoteService, remoteServices } from './remote-services.js';

export interface AggregationOptions {
  store: Store;
  registry: Registry;
  frontProxy: FrontProxy;
  /** PEM of the authority of client certificates. */
  clientCa: string;
  metrics: MetricsRegistry;
  onError(error: unknown, what: string): void;
}

/** The APIs that other servers answer for, as APIServices say. */
export interface Aggregation {
  readonly groups: RemoteGroups;
  readonly openApi: RemoteOpenApi;
  /** Who answers for a path (`['apis', 'metrics.k8s.io', 'v1beta1', …]`); undefined: this server. */
  find(path: readonly string[]): RemoteService | undefined;
  /** Answers as the remote server does, for a user who may ask; resolves when that has ended. Throws 503. */
  proxy(remote: RemoteService, request: IncomingMessage, response: ServerResponse, user: User): Promise<void>;
  proxyUpgrade(
    remote: RemoteService,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    user: User,
    refuse: (error: ApiError) => void,
  ): void;
  /** Makes what others find this server's APIs and its front proxy by, then follows the APIServices. */
  start(): Promise<void>;
  close(): void;
}

const context = (): WriteContext => ({
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  isDryRun: false,
  fieldManager: 'kube-apiserver',
  fieldValidation: 'Ignore',
  warnings: [],
});

const none: readonly JsonObject[] = [];

/** A number that changes with the values, which are compared as they are. */
function versionOf(read: () => readonly unknown[]): () => number {
  let version = 0;
  let last: readonly unknown[] = [];
  return () => {
    const now = read();
    if (now.length !== last.length || now.some((each, index) => each !== last[index])) {
      last = now;
      version += 1;
    }
    return version;
  };
}

export function createAggregation(options: AggregationOptions): Aggregation {
  const { store, registry, frontProxy, onError } = options;
  const remotes = remoteServices(store);
  observe(options.metrics, remotes);
  const connector = createConnector(store, frontProxy);
  let follower: RemoteFollower | undefined;
  const apiOf = (remote: RemoteService) => follower?.find(remote);

  const groupVersions = () =>
    [...remotes().values()].map((remote) => {
      const { group, version, groupPriority, versionPriority } = remote;
      const found = apiOf(remote);
      const isFresh = found?.isFresh ?? false;
      return { group, version, groupPriority, versionPriority, isFresh, resources: found?.api.resources ?? none };
    });
  const apis = () =>
    [...remotes().values()].map((remote) => {
      const found = apiOf(remote);
      return { path: `apis/${remote.group}/${remote.version}`, v3: found?.api.v3, v2: found?.api.v2 };
    });

  function open(remote: RemoteService, request: IncomingMessage, user: User, isUpgrade: boolean) {
    const { condition, name } = remote;
    if (condition?.status === 'False')
      throw new ApiError(
        503,
        'ServiceUnavailable',
        `service unavailable: ${name}: ${condition.reason}: ${condition.message}`,
      );
    const kept = Object.entries(passedHeaders(request, isUpgrade)).filter(([header]) => !isUserHeader(header));
    const { method = 'GET', url = '/' } = request;
    return connector.open(remote, user, { method, path: url, headers: Object.fromEntries(kept) });
  }

  return {
    find: (path) => {
      if (path[0] !== 'apis') return undefined;
      const all = remotes();
      return all.size === 0 ? undefined : all.get(`${path[1]}/${path[2]}`);
    },
    proxy: async (remote, request, response, user) => relay(request, response, open(remote, request, user, false)),
    proxyUpgrade: (remote, request, socket, head, user, refuse) => {
      try {
        relayUpgrade(open(remote, request, user, true), socket, head, refuse);
      } catch (error) {
        refuse(toApiError(error));
      }
    },
    groups: { version: versionOf(() => groupVersions().flatMap(Object.values)), groupVersions },
    openApi: { version: versionOf(() => apis().flatMap(Object.values)), apis },
    start: async () => {
      await publishAuthentication(registry, options.clientCa, frontProxy, context);
      await keepLocalServices(registry, context);
      follower = followRemotes({ store, registry, connector, remotes, context, onError });
    },
    close: () => follower?.close(),
  };
}

/** Which APIServices cannot be used now, asked for when metrics are read. */
function observe(metrics: MetricsRegistry, remotes: () => ReadonlyMap<string, RemoteService>): void {
  new Gauge({
    name: 'aggregator_unavailable_apiservice',
    help: 'Whether an APIService that another server stands behind is unavailable',
    labelNames: ['name'],
    registers: [metrics],
    collect() {
      this.reset();
      for (const { name, condition } of remotes().values()) this.set({ name }, condition?.status === 'True' ? 0 : 1);
    },
  });
}
