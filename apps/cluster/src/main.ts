import { join } from 'node:path';
import { createKubeClient, type KubeConnection, loadKubeconfig } from '@slipway/orchestrator/client';
import { createClusterInformers, startControllers } from '@slipway/orchestrator/controllers';
import { clusterAddresses, parseHostServices, startNetwork } from '@slipway/orchestrator/network';
import { createCriRuntime, createSimulatedRuntime, startNodeAgent } from '@slipway/orchestrator/node';
import { systemClock } from '@slipway/orchestrator/runtime';
import { startScheduler } from '@slipway/orchestrator/scheduler';
import {
  createMetricsRegistry,
  openCertificateAuthority,
  startApiServer,
  startMetricsServer,
} from '@slipway/orchestrator/server';
import { pino } from 'pino';
import { type Config, loadConfig } from './config.js';

interface Stoppable {
  stop(): Promise<void>;
}

/** Starts the parts that the roles name, in the order in which they need each other. */
async function start(config: Config, log: pino.Logger, started: Stoppable[]): Promise<void> {
  const metrics = createMetricsRegistry();
  let isReady = false;
  let isServing = () => true;
  const { SLIPWAY_BIND: bind, SLIPWAY_CLUSTER_DIR: directory, SLIPWAY_NODE_NAME: nodeName, roles } = config;
  started.push(
    await startMetricsServer(metrics, {
      bind,
      port: config.SLIPWAY_CLUSTER_METRICS_PORT,
      isReady: () => isReady && isServing(),
    }),
  );

  let connection: KubeConnection;
  if (roles.has('apiserver')) {
    const server = await startApiServer({
      databaseUrl: config.SLIPWAY_CLUSTER_DATABASE_URL ?? '',
      directory,
      bind,
      port: config.SLIPWAY_CLUSTER_PORT,
      serviceCidr: config.SLIPWAY_SERVICE_CIDR,
      kubeconfig: config.SLIPWAY_KUBECONFIG,
      metrics,
      log: log.child({ part: 'apiserver' }),
    });
    started.push(server);
    isServing = () => server.isReady;
    connection = await server.connectionFor('system:slipway', ['system:slipway']);
  } else connection = await loadKubeconfig(config.SLIPWAY_KUBECONFIG);

  const client = createKubeClient({ ...connection, userAgent: 'slipway-cluster' });
  started.push({ stop: () => client.close() });
  const shared = { client, clock: systemClock, metrics };
  if (roles.has('controllers') || roles.has('scheduler')) {
    const context = { ...shared, logger: log };
    const informers = createClusterInformers(context);
    started.push(informers);
    if (roles.has('controllers')) started.push(await startControllers({ ...context, informers }));
    if (roles.has('scheduler')) started.push(await startScheduler({ ...context, informers }));
  }
  const isReal = config.SLIPWAY_NODES === 'real';
  if (roles.has('network'))
    started.push(await startNetwork({ ...shared, log }, networkOptions(config, connection, isReal)));
  if (roles.has('node')) {
    const authority = await openCertificateAuthority(join(directory, 'pki'));
    const pair = await authority.keep('node', {
      commonName: `system:node:${nodeName}`,
      organizations: ['system:nodes'],
      hosts: [nodeName, bind],
    });
    const { dns } = clusterAddresses(config.SLIPWAY_POD_CIDR, config.SLIPWAY_SERVICE_CIDR);
    started.push(
      await startNodeAgent(
        { ...shared, log },
        {
          nodeName,
          runtime: isReal ? createCriRuntime(config.SLIPWAY_CONTAINERD_SOCKET) : createSimulatedRuntime(systemClock),
          address: bind,
          port: config.SLIPWAY_NODE_PORT,
          tls: { cert: pair.certificate, key: pair.key, ca: authority.certificate },
          directory,
          podCidr: config.SLIPWAY_POD_CIDR,
          clusterDnsIp: dns,
          cgroupParent: `/${config.SLIPWAY_NFT_TABLE}`,
          pauseImage: config.SLIPWAY_PAUSE_IMAGE,
          inheritedEnvironment: config.podEnvironment,
        },
      ),
    );
  }
  isReady = true;
  log.info({ roles: [...roles] }, 'the cluster is ready');
}

function networkOptions(
  config: Config,
  connection: KubeConnection,
  isReal: boolean,
): Parameters<typeof startNetwork>[1] {
  const { hostname, port } = new URL(connection.server);
  return {
    podCidr: config.SLIPWAY_POD_CIDR,
    serviceCidr: config.SLIPWAY_SERVICE_CIDR,
    bridge: config.SLIPWAY_BRIDGE,
    nftTable: config.SLIPWAY_NFT_TABLE,
    cniConfDirectory: config.SLIPWAY_CNI_DIR,
    directory: config.SLIPWAY_CLUSTER_DIR,
    bindAddress: config.SLIPWAY_BIND,
    apiServer: { address: hostname, port: Number(port || 443) },
    hostServices: parseHostServices(config.SLIPWAY_HOST_SERVICES),
    gateway: {
      directory: config.SLIPWAY_GATEWAY_DIR,
      bind: config.SLIPWAY_BIND,
      httpPort: config.SLIPWAY_GATEWAY_PORT,
      tlsPort: config.SLIPWAY_GATEWAY_TLS_PORT,
      appsDomain: config.SLIPWAY_APPS_DOMAIN,
    },
    kernel: isReal,
  };
}

async function main(): Promise<void> {
  const config = loadConfig(process.env, process.argv.slice(2));
  const log = pino({ level: config.SLIPWAY_LOG_LEVEL, base: { process: 'cluster' } });
  const started: Stoppable[] = [];
  let isStopping = false;
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    const deadline = setTimeout(() => process.exit(1), 15_000);
    deadline.unref();
    for (const part of started.reverse())
      await part.stop().catch((err: unknown) => log.error({ err }, 'a part did not stop cleanly'));
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  try {
    await start(config, log, started);
  } catch (err) {
    log.fatal({ err }, 'the cluster could not start');
    for (const part of started.reverse()) await part.stop().catch(() => undefined);
    process.exit(1);
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
