import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config.js';
import { type Instance, loadInstance } from './instance.js';
import { ensureSecrets, readSecret, type SecretFiles } from './secrets.js';

/** Everything that services are made from: the configuration, what was decided once, and where things lie. */
export interface Platform {
  readonly config: Config;
  readonly instance: Instance;
  readonly secrets: SecretFiles;
  /** The checkout that runs. */
  readonly root: string;
  /** Changes with every build of our own processes. */
  readonly build: string;
  readonly urls: {
    readonly database: string;
    readonly clusterDatabase: string;
    readonly redis: string;
    readonly registry: string;
    readonly prometheus: string;
    readonly issuer: string;
    /** Where Keycloak is reached by browsers. */
    readonly keycloak: string;
    readonly keycloakDatabase: string;
  };
  readonly embeds: {
    readonly postgres: boolean;
    readonly redis: boolean;
    readonly registry: boolean;
    readonly prometheus: boolean;
    readonly keycloak: boolean;
  };
  /** `host:port` of the API's registry door, as image references name it. */
  readonly registryHost: string;
  readonly registryHostInCluster: string;
  /** A path below the home. */
  at(...path: string[]): string;
}

/** The checkout, seen from `infra/local/{src,dist}`. */
export const checkout = join(dirname(fileURLToPath(import.meta.url)), '../../..');
export const caBundle = '/etc/ssl/certs/ca-certificates.crt';
export const registryService = 'slipway-registry';
export const registryIssuer = 'slipway';
export const pauseImage = 'slipway.local/pause:1';

/** Makes secrets and the instance's decisions where they are not there yet. */
export async function createPlatform(config: Config, build: string): Promise<Platform> {
  const { home, ports, urls } = config;
  const instance = loadInstance(config);
  const secrets = await ensureSecrets(home);
  const database =
    urls.database ?? `postgres://slipway:${readSecret(secrets.postgres)}@127.0.0.1:${ports.postgres}/slipway`;
  const keycloak = (urls.keycloak ?? `http://127.0.0.1:${ports.keycloak}`).replace(/\/+$/, '');
  const embedsKeycloak = config.identity === 'keycloak' && urls.issuer === undefined;
  const issuer = `${embedsKeycloak ? keycloak : config.apiUrl}/realms/slipway`;
  return {
    config,
    instance,
    secrets,
    root: checkout,
    build,
    urls: {
      database,
      clusterDatabase: urls.clusterDatabase ?? withDatabaseSuffix(database, '_cluster'),
      redis: urls.redis ?? `redis://:${readSecret(secrets.redis)}@127.0.0.1:${ports.redis}`,
      registry: urls.registry ?? `http://127.0.0.1:${ports.registry}`,
      prometheus: urls.prometheus ?? `http://127.0.0.1:${ports.prometheus}`,
      issuer: urls.issuer ?? issuer,
      keycloak,
      keycloakDatabase: withDatabaseSuffix(database, '_keycloak'),
    },
    embeds: {
      postgres: urls.database === undefined,
      redis: urls.redis === undefined,
      registry: urls.registry === undefined,
      prometheus: urls.prometheus === undefined,
      keycloak: embedsKeycloak,
    },
    registryHost: new URL(config.apiUrl).host,
    registryHostInCluster: `slipway-api.slipway-system.svc.cluster.local:${ports.api}`,
    at: (...path) => join(home, ...path),
  };
}

/** The variables that lead out of this machine (proxies, trusted certificates), for processes that reach out. */
export function outwardEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const bundle: Record<string, string> = existsSync(caBundle)
    ? { SSL_CERT_FILE: caBundle, NODE_EXTRA_CA_CERTS: caBundle }
    : {};
  return { ...bundle, ...proxyVariables(env) };
}

/** The proxy variables that are set here, as they are spelled. */
export function proxyVariables(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** What is set here for the cluster's API alone: its audit log and its identity provider. */
export function clusterSettings(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const isOne = (name: string) => /^SLIPWAY_CLUSTER_(AUDIT|OIDC)_/.test(name);
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (isOne(name) && value ? [[name, value]] : [])),
  );
}

/** What every process needs to find programs and to speak UTF-8. */
export const baseEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
};

function withDatabaseSuffix(url: string, suffix: string): string {
  const parsed = new URL(url);
  parsed.pathname += suffix;
  return parsed.href;
}
