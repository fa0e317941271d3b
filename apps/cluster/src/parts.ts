import { createKubeClient, type KubeClient, type KubeConnection, loadKubeconfig } from '@slipway/orchestrator/client';
import { createClusterInformers, startControllers } from '@slipway/orchestrator/controllers';
import { clusterAddresses, type Network, parseHostServices, startNetwork } from '@slipway/orchestrator/network';
import {
  createCriRuntime,
  createSimulatedRuntime,
  simulatedCapacity,
  startNodeAgent,
} from '@slipway/orchestrator/node';
import { type Clock, type Stoppable, startLeaderLease } from '@slipway/orchestrator/runtime';
import { startScheduler } from '@slipway/orchestrator/scheduler';
import { type CertificateAuthority, startApiServer } from '@slipway/orchestrator/server';
import { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { auditOptions, type ClusterConfig, identityProviders } from './config.js';

export interface DoorContext {
  readonly config: ClusterConfig;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly authority: CertificateAuthority;
  readonly signal: AbortSignal;
}

export interface Api {
  readonly client: KubeClient;
  readonly connection: KubeConnection;
}

type Stops = (() => Promise<void>)[];

/** Starts the API server where it is our role; else speaks to the one that the kubeconfig names. */
export async function connect(context: DoorContext, stops: Stops): Promise<Api> {
  const { config } = context;
  const connection = config.roles.has('apiserver')
    ? await startServer(context, stops)
    : await loadKubeconfig(config.SLIPWAY_KUBECONFIG);
  const client = createKubeClient(connection);
  stops.push(() => client.close());
  return { client, connection };
}

async function startServer({ config, log, metrics }: DoorContext, stops: Stops): Promise<KubeConnection> {
  const pool = new Pool({ connectionString: config.SLIPWAY_CLUSTER_DATABASE_URL, max: 8 });
  pool.on('error', (error) => log.warn({ err: error }, 'the cluster database closed a connection'));
  stops.push(() => pool.end());
  const server = await startApiServer({
    pool,
    directory: config.SLIPWAY_CLUSTER_DIR,
    bind: config.SLIPWAY_BIND,
    port: config.SLIPWAY_CLUSTER_PORT,
    serviceCidr: config.SLIPWAY_SERVICE_CIDR,
    kubeconfig: config.SLIPWAY_KUBECONFIG,
    oidc: identityProviders(config),
    audit: await auditOptions(config),
    metrics,
    log,
  });
  stops.push(() => server.stop());
  return server.connectionFor('system:slipway', ['system:masters']);
}

/** Starts the other roles: the network before the node agent, which needs its files. */
export async function startParts(context: DoorContext, api: Api, stops: Stops): Promise<void> {
  const { config, clock, log, metrics } = context;
  const { client } = api;
  const parts = { client, clock, metrics, log, logger: log };

  if (config.roles.has('controllers') || config.roles.has('scheduler')) {
    const lease = startLeaderLease({
      client,
      name: 'slipway-cluster',
      // Stable over restarts, so that one that was killed takes up its own lease at once.
      identity: `${config.SLIPWAY_NODE_NAME}-${config.SLIPWAY_CLUSTER_PORT}`,
      clock,
      logger: log,
      lead: async (signal) => {
        const informers = createClusterInformers(parts);
        const started: Stoppable[] = [informers];
        try {
          if (config.roles.has('controllers')) started.push(await startControllers({ ...parts, informers }));
          if (config.roles.has('scheduler')) started.push(await startScheduler({ ...parts, informers }));
          await aborted(signal);
        } finally {
          for (const part of started.reverse()) await part.stop();
        }
      },
    });
    stops.push(() => lease.stop());
  }

  const isReal = config.SLIPWAY_NODES === 'real';
  let network: Network | undefined;
  if (config.roles.has('network')) {
    network = await startNetwork(parts, {
      podCidr: config.SLIPWAY_POD_CIDR,
      serviceCidr: config.SLIPWAY_SERVICE_CIDR,
      bridge: config.SLIPWAY_BRIDGE,
      nftTable: config.SLIPWAY_NFT_TABLE,
      cniConfDirectory: config.SLIPWAY_CNI_DIR,
      directory: config.SLIPWAY_CLUSTER_DIR,
      bindAddress: config.SLIPWAY_BIND,
      apiServer: { address: config.SLIPWAY_BIND, port: config.SLIPWAY_CLUSTER_PORT },
      hostServices: parseHostServices(config.SLIPWAY_HOST_SERVICES),
      gateway:
        config.SLIPWAY_GATEWAY_DIR === undefined ? undefined : gatewayOptions(config, config.SLIPWAY_GATEWAY_DIR),
      kernel: isReal,
    });
    const started = network;
    stops.push(() => started.stop());
  }

  if (config.roles.has('node')) {
    const serving = await context.authority.keep(`node-${config.SLIPWAY_NODE_NAME}`, {
      commonName: `system:node:${config.SLIPWAY_NODE_NAME}`,
      hosts: [config.SLIPWAY_NODE_NAME, config.SLIPWAY_BIND],
    });
    const runtime =
      isReal && config.SLIPWAY_CONTAINERD_SOCKET !== undefined
        ? createCriRuntime(config.SLIPWAY_CONTAINERD_SOCKET)
        : createSimulatedRuntime(clock);
    const agent = await startNodeAgent(parts, {
      nodeName: config.SLIPWAY_NODE_NAME,
      runtime,
      address: config.SLIPWAY_BIND,
      port: config.SLIPWAY_NODE_PORT,
      tls: { cert: serving.certificate, key: serving.key, ca: context.authority.certificate },
      directory: config.SLIPWAY_CLUSTER_DIR,
      podCidr: config.SLIPWAY_POD_CIDR,
      clusterDnsIp: clusterAddresses(config.SLIPWAY_POD_CIDR, config.SLIPWAY_SERVICE_CIDR).dns,
      cgroupParent: `/${config.SLIPWAY_NFT_TABLE}`,
      pauseImage: config.SLIPWAY_PAUSE_IMAGE,
      inheritedEnvironment: config.SLIPWAY_POD_PROXY_ENV,
      capacity: isReal ? undefined : simulatedCapacity,
      admit: network?.admit,
    });
    stops.push(() => agent.stop());
  }
}

function gatewayOptions(config: ClusterConfig, directory: string) {
  return {
    directory,
    bind: config.SLIPWAY_BIND,
    httpPort: config.SLIPWAY_GATEWAY_PORT,
    tlsPort: config.SLIPWAY_GATEWAY_TLS_PORT,
    metricsPort: config.SLIPWAY_GATEWAY_METRICS_PORT,
    appsDomain: config.SLIPWAY_APPS_DOMAIN,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
