import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { httpHealth } from '../health.js';
import {
  baseEnvironment,
  caBundle,
  clusterSettings,
  outwardEnvironment,
  type Platform,
  pauseImage,
  proxyVariables,
} from '../platform.js';
import type { Service } from '../service.js';
import { containerdSocket } from './containerd.js';

const node = process.execPath;

/** A process of ours: a Node program below `apps/`. */
function door(platform: Platform, name: string, env: Record<string, string>, heapMb: number) {
  const watch = platform.config.dev ? ['--watch', '--watch-preserve-output'] : [];
  const flags = [...watch, `--max-old-space-size=${heapMb}`, '--max-semi-space-size=8', '--enable-source-maps'];
  const main = join(platform.root, 'apps', name, 'dist/main.js');
  return {
    name,
    command: [node, ...flags, main],
    env: {
      ...baseEnvironment,
      ...outwardEnvironment(),
      NODE_ENV: 'production',
      SLIPWAY_BIND: platform.config.bind,
      ...env,
    },
    cwd: platform.config.home,
    build: platform.build,
    startSeconds: 60,
    stopSignal: 'SIGTERM' as const,
    graceSeconds: 20,
  };
}

/** The embedded cluster: API server, controllers, scheduler, node agent, network, gateway controller. */
export function cluster(platform: Platform): Service {
  const { config, instance } = platform;
  const { ports } = config;
  const real = config.nodes === 'real';
  const env = {
    SLIPWAY_CLUSTER_DATABASE_URL: platform.urls.clusterDatabase,
    SLIPWAY_CLUSTER_PORT: `${ports.cluster}`,
    SLIPWAY_NODE_PORT: `${ports.node}`,
    SLIPWAY_CLUSTER_METRICS_PORT: `${ports.clusterMetrics}`,
    SLIPWAY_CLUSTER_DIR: platform.at('cluster'),
    SLIPWAY_KUBECONFIG: platform.at('kubeconfig'),
    SLIPWAY_CONTAINERD_SOCKET: containerdSocket(platform),
    SLIPWAY_CNI_DIR: platform.at('containerd', 'cni/net.d'),
    SLIPWAY_GATEWAY_DIR: platform.at('gateway'),
    SLIPWAY_GATEWAY_METRICS_PORT: `${ports.gatewayMetrics}`,
    SLIPWAY_GATEWAY_PORT: `${ports.gateway}`,
    SLIPWAY_GATEWAY_TLS_PORT: `${ports.gatewayTls}`,
    SLIPWAY_APPS_DOMAIN: config.appsDomain,
    SLIPWAY_POD_CIDR: instance.podCidr,
    SLIPWAY_SERVICE_CIDR: instance.serviceCidr,
    SLIPWAY_BRIDGE: instance.bridge,
    SLIPWAY_NFT_TABLE: instance.nftTable,
    SLIPWAY_NODE_NAME: config.nodeName,
    SLIPWAY_NODES: config.nodes,
    SLIPWAY_PAUSE_IMAGE: pauseImage,
    SLIPWAY_HOST_SERVICES: `slipway-api=127.0.0.1:${ports.api}`,
    ...(config.pods.inheritNetwork ? podNetwork() : {}),
    ...clusterSettings(),
  };
  const needs = [
    ...(platform.embeds.postgres ? ['postgres'] : []),
    ...(real ? ['containerd', 'gateway'] : ['gateway']),
  ];
  return {
    ...door(platform, 'cluster', env, 512),
    needs,
    address: `https://${config.bind}:${ports.cluster}`,
    health: httpHealth(`http://127.0.0.1:${ports.clusterMetrics}/readyz`),
  };
}

/** The HTTP API, after the database has been migrated. */
export function api(platform: Platform): Service {
  const { config } = platform;
  const { ports } = config;
  const env = {
    ...platformEnvironment(platform),
    SLIPWAY_PORTAL_URL: config.portalUrl,
    SLIPWAY_API_PORT: `${ports.api}`,
    SLIPWAY_API_METRICS_PORT: `${ports.apiMetrics}`,
    SLIPWAY_ISSUER_KEY_FILE: platform.secrets.issuerKey,
    SLIPWAY_PORTAL_CLIENT_SECRET_FILE: platform.secrets.portalClient,
    SLIPWAY_BOOTSTRAP_ADMIN_FILE: platform.secrets.admin,
    SLIPWAY_REGISTRY_URL: platform.urls.registry,
    SLIPWAY_REGISTRY_TOKEN_KEY_FILE: platform.secrets.registryKey,
  };
  return {
    ...door(platform, 'api', env, 384),
    needs: ['cluster', ...embedded(platform, ['postgres', 'redis', 'registry', 'keycloak'])],
    before: [node, '--enable-source-maps', join(platform.root, 'apps/api/dist/migrate.js')],
    address: config.apiUrl,
    health: httpHealth(`http://127.0.0.1:${ports.apiMetrics}/readyz`),
  };
}

/** The queues' worker. */
export function worker(platform: Platform): Service {
  const { ports } = platform.config;
  const env = {
    ...platformEnvironment(platform),
    SLIPWAY_WORKER_METRICS_PORT: `${ports.workerMetrics}`,
    // What a tenant has in the registry goes with it.
    SLIPWAY_REGISTRY_URL: platform.urls.registry,
    SLIPWAY_REGISTRY_TOKEN_KEY_FILE: platform.secrets.registryKey,
    SLIPWAY_REGISTRY_HOST_IN_CLUSTER: platform.registryHostInCluster,
    ...podNetwork(),
  };
  return {
    ...door(platform, 'worker', env, 384),
    needs: ['api'],
    address: `http://127.0.0.1:${ports.workerMetrics}`,
    health: httpHealth(`http://127.0.0.1:${ports.workerMetrics}/readyz`),
  };
}

/** The portal: Next.js' standalone server. */
export function portal(platform: Platform): Service {
  const { config } = platform;
  const env = {
    HOSTNAME: config.bind,
    PORT: `${config.ports.portal}`,
    NEXT_TELEMETRY_DISABLED: '1',
    SLIPWAY_REDIS_URL: platform.urls.redis,
    SLIPWAY_PORTAL_URL: config.portalUrl,
    SLIPWAY_PORTAL_PORT: `${config.ports.portal}`,
    SLIPWAY_API_URL: config.apiUrl,
    SLIPWAY_ISSUER_URL: platform.urls.issuer,
    SLIPWAY_PORTAL_CLIENT_SECRET_FILE: platform.secrets.portalClient,
    SLIPWAY_SESSION_SECRET_FILE: platform.secrets.session,
  };
  const base = door(platform, 'portal', env, 384);
  const server = join(platform.root, 'apps/portal/.next/standalone/apps/portal/server.js');
  return {
    ...base,
    ...(config.dev
      ? {
          command: [
            node,
            join(platform.root, 'node_modules/next/dist/bin/next'),
            'dev',
            '-H',
            config.bind,
            '-p',
            env.PORT,
          ],
          env: { ...base.env, NODE_ENV: 'development' },
          cwd: join(platform.root, 'apps/portal'),
        }
      : { command: [...base.command.slice(0, -1), server] }),
    needs: embedded(platform, ['redis']),
    address: config.portalUrl,
    health: httpHealth(`http://${config.bind}:${config.ports.portal}/healthz`),
  };
}

/** Builds the base images once and puts them into the registry, while the platform already serves. */
export function images(platform: Platform): Service {
  const main = join(platform.root, 'infra/images/dist/cli.js');
  const env = {
    SLIPWAY_REGISTRY_URL: platform.urls.registry,
    SLIPWAY_REGISTRY_TOKEN_KEY_FILE: platform.secrets.registryKey,
    SLIPWAY_REGISTRY_HOST_IN_CLUSTER: platform.registryHostInCluster,
    SLIPWAY_IMAGE_CACHE: platform.config.images.cache ?? platform.at('images'),
  };
  return {
    name: 'images',
    needs: ['api', 'worker', 'portal'],
    command: [node, main, 'publish'],
    env: { ...baseEnvironment, ...outwardEnvironment(), ...env },
    cwd: platform.config.home,
    address: 'library/*',
    startSeconds: 600,
    stopSignal: 'SIGTERM',
    graceSeconds: 5,
    isOneShot: true,
    build: platform.build,
  };
}

function platformEnvironment(platform: Platform): Record<string, string> {
  const { config, urls, secrets } = platform;
  return {
    SLIPWAY_DATABASE_URL: urls.database,
    SLIPWAY_REDIS_URL: urls.redis,
    SLIPWAY_API_URL: config.apiUrl,
    SLIPWAY_ISSUER_URL: urls.issuer,
    ...(platform.embeds.keycloak ? { SLIPWAY_ISSUER_CLIENT_SECRET_FILE: secrets.issuerClient } : {}),
    SLIPWAY_MASTER_KEY_FILE: secrets.masterKey,
    SLIPWAY_MASTER_KEY_DIR: secrets.masterKeys,
    SLIPWAY_AUDIT_KEY_FILE: secrets.auditKeys,
    SLIPWAY_REGISTRY_HOST: platform.registryHost,
    SLIPWAY_KUBECONFIG: platform.at('kubeconfig'),
    SLIPWAY_PROMETHEUS_URL: urls.prometheus,
    SLIPWAY_APPS_DOMAIN: config.appsDomain,
    SLIPWAY_GATEWAY_PORT: `${config.ports.gateway}`,
    SLIPWAY_GATEWAY_TLS_PORT: `${config.ports.gatewayTls}`,
    SLIPWAY_GIT_DIR: platform.at('git'),
    SLIPWAY_UPLOADS_DIR: platform.at('uploads'),
    SLIPWAY_OUTGOING_ALLOW: config.network.outgoingAllow ?? '',
    SLIPWAY_DOMAIN_VERIFICATION: config.domains.verification,
    SLIPWAY_DNS_SERVERS: config.domains.dnsServers ?? '',
    SLIPWAY_SMTP_URL: config.mail.smtpUrl ?? '',
    SLIPWAY_MAIL_FROM: config.mail.from ?? '',
  };
}

/** This machine's way out, for pods: proxies and the certificates trusted here. */
function podNetwork(): Record<string, string> {
  return {
    SLIPWAY_POD_PROXY_ENV: JSON.stringify(proxyVariables()),
    ...(existsSync(caBundle) ? { SLIPWAY_POD_CA_FILE: caBundle } : {}),
  };
}

function embedded(platform: Platform, names: readonly ('postgres' | 'redis' | 'registry' | 'keycloak')[]): string[] {
  return names.filter((name) => platform.embeds[name]);
}
