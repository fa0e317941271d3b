import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);
const url = z.url();
const cidr = z.string().regex(/^\d+\.\d+\.\d+\.\d+\/\d+$/, 'expected an IPv4 range such as 100.64.0.0/17');

const portNames = [
  'portal',
  'api',
  'apiMetrics',
  'workerMetrics',
  'registry',
  'registryMetrics',
  'postgres',
  'gatewayTls',
  'cluster',
  'node',
  'clusterMetrics',
  'redis',
  'gateway',
  'gatewayMetrics',
  'prometheus',
  'alertmanager',
  'keycloak',
  'keycloakManagement',
] as const;
export type PortName = (typeof portNames)[number];

const settings = z.strictObject({
  bind: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
  ports: z
    .strictObject({
      base: port.default(7600),
      ...(Object.fromEntries(portNames.map((name) => [name, port.optional()])) as Record<
        PortName,
        z.ZodOptional<typeof port>
      >),
    })
    .prefault({}),
  urls: z
    .strictObject({
      portal: url.optional(),
      api: url.optional(),
      issuer: url.optional(),
      keycloak: url.optional(),
      database: url.optional(),
      clusterDatabase: url.optional(),
      redis: url.optional(),
      registry: url.optional(),
      prometheus: url.optional(),
    })
    .prefault({}),
  appsDomain: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'expected a domain name')
    .default('slipway.localhost'),
  nodes: z.enum(['real', 'simulated']).default('real'),
  /** Who signs users in: the issuer in the API, or a Keycloak of ours. `urls.issuer` names one of somebody else's instead. */
  identity: z.enum(['built-in', 'keycloak']).default('built-in'),
  /** `archive`: its distribution, where it cannot be fetched. `cache`: where a built one is kept for several homes. */
  keycloak: z.strictObject({ archive: z.string().optional(), cache: z.string().optional() }).prefault({}),
  nodeName: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'expected lower-case letters, digits, dots and dashes')
    .optional(),
  network: z
    .strictObject({
      podCidr: cidr.optional(),
      serviceCidr: cidr.optional(),
      bridge: z.string().max(15).optional(),
      nftTable: z.string().optional(),
      /** Ranges beyond the public internet that URLs of users may lead to: `10.20.0.0/16,…`. */
      outgoingAllow: z.string().optional(),
    })
    .prefault({}),
  /** How host names are proven: see SLIPWAY_DOMAIN_VERIFICATION and SLIPWAY_DNS_SERVERS. */
  domains: z
    .strictObject({ verification: z.enum(['dns', 'off']).default('dns'), dnsServers: z.string().optional() })
    .prefault({}),
  /** `smtpUrl`: `smtp://user:password@host:587` or `smtps://…`; without it no mail is sent. */
  mail: z.strictObject({ smtpUrl: z.string().optional(), from: z.string().optional() }).prefault({}),
  pods: z.strictObject({ inheritNetwork: z.stringbool().or(z.boolean()).default(false) }).prefault({}),
  /** Our processes restart when the files they run from change; the portal serves its sources. */
  dev: z.stringbool().or(z.boolean()).default(false),
  images: z
    .strictObject({ cache: z.string().optional(), prepare: z.stringbool().or(z.boolean()).default(true) })
    .prefault({}),
});
type Settings = z.infer<typeof settings>;

/** Where each setting may also come from: `SLIPWAY_…` in the environment or `--flag=value`. */
const sources: readonly { path: string; env: string; flag?: string }[] = [
  { path: 'bind', env: 'SLIPWAY_BIND', flag: 'bind' },
  { path: 'ports.base', env: 'SLIPWAY_PORT_BASE', flag: 'port-base' },
  { path: 'ports.portal', env: 'SLIPWAY_PORTAL_PORT', flag: 'portal-port' },
  { path: 'ports.api', env: 'SLIPWAY_API_PORT', flag: 'api-port' },
  { path: 'ports.apiMetrics', env: 'SLIPWAY_API_METRICS_PORT' },
  { path: 'ports.workerMetrics', env: 'SLIPWAY_WORKER_METRICS_PORT' },
  { path: 'ports.registry', env: 'SLIPWAY_REGISTRY_PORT' },
  { path: 'ports.registryMetrics', env: 'SLIPWAY_REGISTRY_METRICS_PORT' },
  { path: 'ports.postgres', env: 'SLIPWAY_POSTGRES_PORT' },
  { path: 'ports.gatewayTls', env: 'SLIPWAY_GATEWAY_TLS_PORT', flag: 'gateway-tls-port' },
  { path: 'ports.cluster', env: 'SLIPWAY_CLUSTER_PORT', flag: 'cluster-port' },
  { path: 'ports.node', env: 'SLIPWAY_NODE_PORT' },
  { path: 'ports.clusterMetrics', env: 'SLIPWAY_CLUSTER_METRICS_PORT' },
  { path: 'ports.redis', env: 'SLIPWAY_REDIS_PORT' },
  { path: 'ports.gateway', env: 'SLIPWAY_GATEWAY_PORT', flag: 'gateway-port' },
  { path: 'ports.gatewayMetrics', env: 'SLIPWAY_GATEWAY_METRICS_PORT' },
  { path: 'ports.prometheus', env: 'SLIPWAY_PROMETHEUS_PORT' },
  { path: 'ports.alertmanager', env: 'SLIPWAY_ALERTMANAGER_PORT' },
  { path: 'urls.portal', env: 'SLIPWAY_PORTAL_URL', flag: 'portal-url' },
  { path: 'urls.api', env: 'SLIPWAY_API_URL', flag: 'api-url' },
  { path: 'urls.issuer', env: 'SLIPWAY_ISSUER_URL' },
  { path: 'urls.keycloak', env: 'SLIPWAY_KEYCLOAK_URL', flag: 'keycloak-url' },
  { path: 'urls.database', env: 'SLIPWAY_DATABASE_URL' },
  { path: 'urls.clusterDatabase', env: 'SLIPWAY_CLUSTER_DATABASE_URL' },
  { path: 'urls.redis', env: 'SLIPWAY_REDIS_URL' },
  { path: 'urls.registry', env: 'SLIPWAY_REGISTRY_URL' },
  { path: 'urls.prometheus', env: 'SLIPWAY_PROMETHEUS_URL' },
  { path: 'ports.keycloak', env: 'SLIPWAY_KEYCLOAK_PORT' },
  { path: 'ports.keycloakManagement', env: 'SLIPWAY_KEYCLOAK_MANAGEMENT_PORT' },
  { path: 'appsDomain', env: 'SLIPWAY_APPS_DOMAIN', flag: 'apps-domain' },
  { path: 'nodes', env: 'SLIPWAY_NODES', flag: 'nodes' },
  { path: 'identity', env: 'SLIPWAY_IDENTITY', flag: 'identity' },
  { path: 'keycloak.archive', env: 'SLIPWAY_KEYCLOAK_ARCHIVE' },
  { path: 'keycloak.cache', env: 'SLIPWAY_KEYCLOAK_CACHE' },
  { path: 'nodeName', env: 'SLIPWAY_NODE_NAME', flag: 'node-name' },
  { path: 'network.podCidr', env: 'SLIPWAY_POD_CIDR', flag: 'pod-cidr' },
  { path: 'network.serviceCidr', env: 'SLIPWAY_SERVICE_CIDR', flag: 'service-cidr' },
  { path: 'network.bridge', env: 'SLIPWAY_BRIDGE' },
  { path: 'network.nftTable', env: 'SLIPWAY_NFT_TABLE' },
  { path: 'network.outgoingAllow', env: 'SLIPWAY_OUTGOING_ALLOW' },
  { path: 'domains.verification', env: 'SLIPWAY_DOMAIN_VERIFICATION' },
  { path: 'domains.dnsServers', env: 'SLIPWAY_DNS_SERVERS' },
  { path: 'mail.smtpUrl', env: 'SLIPWAY_SMTP_URL' },
  { path: 'mail.from', env: 'SLIPWAY_MAIL_FROM' },
  { path: 'pods.inheritNetwork', env: 'SLIPWAY_PODS_INHERIT_NETWORK' },
  { path: 'dev', env: 'SLIPWAY_DEV', flag: 'dev' },
  { path: 'images.cache', env: 'SLIPWAY_IMAGE_CACHE' },
  { path: 'images.prepare', env: 'SLIPWAY_PREPARE_IMAGES' },
];

/** The one validated configuration. Ports are complete; `urls` and `network` hold what the user set himself. */
export interface Config extends Omit<Settings, 'ports' | 'nodeName'> {
  readonly home: string;
  /** Eight hexadecimal digits of the home's hash: names bridges, tables and cgroups of this installation. */
  readonly id: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly nodeName: string;
  readonly portalUrl: string;
  readonly apiUrl: string;
}

export class ConfigError extends Error {}

/** The data directory: `SLIPWAY_HOME`, `--home=`, or the default of this user. */
export function homeDirectory(env: NodeJS.ProcessEnv, flags: Readonly<Record<string, string>>): string {
  const fallback =
    process.getuid?.() === 0 ? '/var/lib/slipway' : join(env['HOME'] ?? homedir(), '.local/share/slipway');
  const home = resolve(flags['home'] ?? env['SLIPWAY_HOME'] ?? fallback);
  // Unix socket paths end at 107 bytes, and the longest of ours hangs about 40 below the home.
  if (Buffer.byteLength(home) > 64) {
    throw new ConfigError(
      `SLIPWAY_HOME is too long for unix sockets (${home}): choose a path of at most 64 characters`,
    );
  }
  return home;
}

/** Settings that this start was given by flag or environment: they hold for later commands until others are given. */
export function settingsToRemember(
  flags: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const kept = sources.filter(({ flag }) => flag !== undefined && flag !== 'dev');
  return Object.fromEntries(
    kept.flatMap(({ path, env: name, flag = '' }) => {
      const value = flags[flag] ?? env[name];
      return value ? [[path, value]] : [];
    }),
  );
}

/** Defaults < what earlier starts were given < `config.yaml` in the home < environment < flags. Throws ConfigError naming what is wrong and where. */
export function loadConfig(
  portOffsets: Readonly<Record<string, number>>,
  flags: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = process.env,
): Config {
  const home = homeDirectory(env, flags);
  const file = join(home, 'config.yaml');
  const raw: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(rememberedFlags(home))) assign(raw, path, value);
  if (existsSync(file)) merge(raw, readYaml(file));
  for (const { path, env: name, flag } of sources) {
    const value = (flag ? flags[flag] : undefined) ?? env[name];
    if (value !== undefined && value !== '') assign(raw, path, value);
  }
  const parsed = settings.safeParse(raw);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => explain(issue, file)).join('\n'));
  const { ports, nodeName, ...rest } = parsed.data;
  const { base, ...own } = ports;
  const complete = Object.fromEntries(
    portNames.map((name) => [name, own[name] ?? base + (portOffsets[name] ?? 0)]),
  ) as Record<PortName, number>;
  return {
    ...rest,
    home,
    id: createHash('sha256').update(home).digest('hex').slice(0, 8),
    ports: complete,
    nodeName: nodeName ?? hostname().toLowerCase(),
    portalUrl: trim(rest.urls.portal) ?? `http://localhost:${complete.portal}`,
    apiUrl: trim(rest.urls.api) ?? `http://127.0.0.1:${complete.api}`,
  };
}

function rememberedFlags(home: string): Record<string, string> {
  const file = join(home, 'instance.json');
  if (!existsSync(file)) return {};
  return z.object({ flags: z.record(z.string(), z.string()).default({}) }).parse(JSON.parse(readFileSync(file, 'utf8')))
    .flags;
}

function merge(target: Record<string, unknown>, source: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(source)) {
    const known = target[key];
    if (isMapping(known) && isMapping(value)) merge(known, value);
    else target[key] = value;
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function explain(issue: z.core.$ZodIssue, file: string): string {
  const path = issue.path.join('.');
  const source = sources.find((candidate) => candidate.path === path);
  const places = [source && `environment ${source.env}`, source?.flag && `--${source.flag}`, `${path} in ${file}`];
  return `${path || 'configuration'}: ${issue.message} (set by ${places.filter(Boolean).join(', ')})`;
}

function readYaml(file: string): Record<string, unknown> {
  try {
    const value: unknown = parse(readFileSync(file, 'utf8')) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw new ConfigError(`${file} is not YAML: ${cause instanceof Error ? cause.message : cause}`);
  }
  throw new ConfigError(`${file} must hold a mapping of settings`);
}

function assign(target: Record<string, unknown>, path: string, value: string): void {
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let place = target;
  for (const key of keys) {
    const next = { ...(place[key] as Record<string, unknown> | undefined) };
    place[key] = next;
    place = next;
  }
  place[last] = value;
}

function trim(value: string | undefined): string | undefined {
  return value?.replace(/\/+$/, '');
}
