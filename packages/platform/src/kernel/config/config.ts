import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseRanges } from '../http/outgoing.rules.js';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);
const address = (fallback: string) =>
  z
    .url()
    .default(fallback)
    .transform((url) => url.replace(/\/+$/, ''));
const file = z.string().min(1).optional();

const environment = z.object({
  SLIPWAY_BIND: z.string().default('127.0.0.1'),
  SLIPWAY_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  SLIPWAY_REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  SLIPWAY_PORTAL_URL: address('http://localhost:7600'),
  SLIPWAY_API_URL: address('http://127.0.0.1:7601'),
  SLIPWAY_API_PORT: port(7601),
  SLIPWAY_API_METRICS_PORT: port(7602),
  SLIPWAY_WORKER_METRICS_PORT: port(7603),
  SLIPWAY_ISSUER_URL: z.url().optional(),
  SLIPWAY_ISSUER_KEY_FILE: file,
  SLIPWAY_ISSUER_CLIENT_SECRET_FILE: file,
  SLIPWAY_PORTAL_CLIENT_SECRET_FILE: file,
  SLIPWAY_MASTER_KEY_FILE: file,
  SLIPWAY_MASTER_KEY_DIR: file,
  SLIPWAY_MASTER_KEYS: z.string().default('{}'),
  SLIPWAY_VAULT_URL: z.url({ protocol: /^https?$/ }).optional(),
  SLIPWAY_VAULT_TOKEN_FILE: file,
  SLIPWAY_VAULT_TRANSIT_KEY: z.string().default('slipway'),
  SLIPWAY_AUDIT_KEY_FILE: file,
  SLIPWAY_AUDIT_KEEP_DAYS: z.coerce.number().int().min(1).default(730),
  SLIPWAY_AUDIT_MINIMUM_DAYS: z.coerce.number().int().min(1).default(90),
  SLIPWAY_AUDIT_CHECKPOINT_ROWS: z.coerce.number().int().min(1).default(1000),
  SLIPWAY_AUDIT_CHECKPOINT_SECONDS: z.coerce.number().int().min(0).default(300),
  SLIPWAY_BOOTSTRAP_ADMIN_FILE: file,
  SLIPWAY_RATE_LIMIT_CLIENT: z.coerce.number().int().min(1).default(3_000),
  SLIPWAY_RATE_LIMIT_TENANT: z.coerce.number().int().min(1).default(6_000),
  SLIPWAY_REGISTRY_URL: address('http://127.0.0.1:7605'),
  SLIPWAY_REGISTRY_HOST: z.string().min(1).default('127.0.0.1:7601'),
  SLIPWAY_REGISTRY_HOST_IN_CLUSTER: z.string().min(1).default('slipway-api.slipway-system.svc.cluster.local:7601'),
  SLIPWAY_REGISTRY_TOKEN_KEY_FILE: file,
  SLIPWAY_KUBECONFIG: z.string().default('/var/lib/slipway/kubeconfig'),
  SLIPWAY_PROMETHEUS_URL: z.url({ protocol: /^https?$/ }).optional(),
  SLIPWAY_APPS_DOMAIN: z.string().default('slipway.localhost'),
  SLIPWAY_GATEWAY_PORT: port(7680),
  SLIPWAY_GATEWAY_TLS_PORT: port(7643),
  SLIPWAY_DOMAIN_VERIFICATION: z.enum(['dns', 'off']).default('dns'),
  SLIPWAY_DNS_SERVERS: z.string().default(''),
  SLIPWAY_GIT_DIR: z.string().default('/var/lib/slipway/git'),
  SLIPWAY_UPLOADS_DIR: z.string().default('/var/lib/slipway/uploads'),
  SLIPWAY_POD_PROXY_ENV: z.string().default('{}'),
  SLIPWAY_POD_CA_FILE: file,
  SLIPWAY_OUTGOING_ALLOW: z.string().default(''),
  SLIPWAY_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  SLIPWAY_MAIL_FROM: z.string().default('Slipway <slipway@localhost>'),
  PATH: z.string().default('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'),
  SLIPWAY_TENANT_REQUESTS: z.enum(['open', 'closed']).default('open'),
  SLIPWAY_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** All that the api and the worker are told by their surroundings. Files are named here and read where they are used. */
export type Configuration = ReturnType<typeof loadConfig>;

/** Injection token of the `Configuration`. */
export const CONFIG = Symbol('configuration');

/**
 * Reads and validates the environment. Throws one error that names every variable that is missing or wrong; see the
 * table in docs/architecture.md.
 */
export function loadConfig(source: NodeJS.ProcessEnv = process.env) {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The configuration is not valid; set these environment variables:\n${lines.join('\n')}`);
  }
  const env = parsed.data;
  const builtInIssuer = `${env.SLIPWAY_API_URL}/realms/slipway`;
  const issuerUrl = (env.SLIPWAY_ISSUER_URL ?? builtInIssuer).replace(/\/+$/, '');
  return {
    bind: env.SLIPWAY_BIND,
    databaseUrl: env.SLIPWAY_DATABASE_URL,
    redisUrl: env.SLIPWAY_REDIS_URL,
    portalUrl: env.SLIPWAY_PORTAL_URL,
    apiUrl: env.SLIPWAY_API_URL,
    apiPort: env.SLIPWAY_API_PORT,
    apiMetricsPort: env.SLIPWAY_API_METRICS_PORT,
    workerMetricsPort: env.SLIPWAY_WORKER_METRICS_PORT,
    issuerUrl,
    isIssuerBuiltIn: issuerUrl === builtInIssuer,
    issuerKeyFile: env.SLIPWAY_ISSUER_KEY_FILE,
    /** Of the client `slipway-api` at an outside Keycloak, by which sessions are ended there. */
    issuerClientSecretFile: env.SLIPWAY_ISSUER_CLIENT_SECRET_FILE,
    portalClientSecretFile: env.SLIPWAY_PORTAL_CLIENT_SECRET_FILE,
    masterKeyFile: env.SLIPWAY_MASTER_KEY_FILE,
    masterKeyDir: env.SLIPWAY_MASTER_KEY_DIR,
    /** By id: 32 bytes in base64. */
    masterKeys: parseStrings(env.SLIPWAY_MASTER_KEYS, 'SLIPWAY_MASTER_KEYS'),
    vaultUrl: env.SLIPWAY_VAULT_URL?.replace(/\/+$/, ''),
    vaultTokenFile: env.SLIPWAY_VAULT_TOKEN_FILE,
    vaultTransitKey: env.SLIPWAY_VAULT_TRANSIT_KEY,
    auditKeyFile: env.SLIPWAY_AUDIT_KEY_FILE,
    /** How long audit events are kept where a tenant has nothing of its own, and the least that a tenant can have. */
    auditKeepDays: env.SLIPWAY_AUDIT_KEEP_DAYS,
    auditMinimumDays: env.SLIPWAY_AUDIT_MINIMUM_DAYS,
    /** A chain gets a checkpoint after so many rows, or after so long with fewer. */
    auditCheckpointRows: env.SLIPWAY_AUDIT_CHECKPOINT_ROWS,
    auditCheckpointSeconds: env.SLIPWAY_AUDIT_CHECKPOINT_SECONDS,
    bootstrapAdminFile: env.SLIPWAY_BOOTSTRAP_ADMIN_FILE,
    clientRequestsPerMinute: env.SLIPWAY_RATE_LIMIT_CLIENT,
    tenantRequestsPerMinute: env.SLIPWAY_RATE_LIMIT_TENANT,
    registryUrl: env.SLIPWAY_REGISTRY_URL,
    registryHost: env.SLIPWAY_REGISTRY_HOST,
    registryHostInCluster: env.SLIPWAY_REGISTRY_HOST_IN_CLUSTER,
    registryTokenKeyFile: env.SLIPWAY_REGISTRY_TOKEN_KEY_FILE,
    kubeconfig: env.SLIPWAY_KUBECONFIG,
    /** Where the gateway's series are; without it nothing can be said of a release but that its pods run. */
    prometheusUrl: env.SLIPWAY_PROMETHEUS_URL?.replace(/\/+$/, ''),
    appsDomain: env.SLIPWAY_APPS_DOMAIN,
    gatewayPort: env.SLIPWAY_GATEWAY_PORT,
    gatewayTlsPort: env.SLIPWAY_GATEWAY_TLS_PORT,
    /** `off`: whoever adds a host name is believed. */
    domainVerification: env.SLIPWAY_DOMAIN_VERIFICATION,
    /** Who is asked for proofs of host names; none: the machine's own. */
    dnsServers: parseServers(env.SLIPWAY_DNS_SERVERS),
    gitDir: env.SLIPWAY_GIT_DIR,
    uploadsDir: env.SLIPWAY_UPLOADS_DIR,
    podProxyEnv: parseStrings(env.SLIPWAY_POD_PROXY_ENV, 'SLIPWAY_POD_PROXY_ENV'),
    podCaFile: env.SLIPWAY_POD_CA_FILE,
    /** Ranges that are not public and that URLs of users may lead to all the same. */
    outgoingAllow: parseRanges(env.SLIPWAY_OUTGOING_ALLOW),
    smtpUrl: env.SLIPWAY_SMTP_URL,
    mailFrom: env.SLIPWAY_MAIL_FROM,
    /** Whether everybody may ask for a tenant, or administrators alone make them. */
    tenantRequests: env.SLIPWAY_TENANT_REQUESTS,
    /** For programs we run. */
    path: env.PATH,
    logLevel: env.SLIPWAY_LOG_LEVEL,
  } as const;
}

/** The text of a secret file, without the line's end. Throws an error that names the variable to mend. */
export function readSecretFile(path: string | undefined, variable: string): string {
  if (!path) throw new Error(`${variable} is not set: name the file that holds it.`);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new Error(`${variable}: ${path} cannot be read.`, { cause });
  }
}

function parseStrings(text: string, variable: string): Readonly<Record<string, string>> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${variable} is not a JSON object of strings.`, { cause });
  }
}

/** `192.0.2.1,192.0.2.2:5353,[2001:db8::1]:53`: addresses, as Node's resolver takes them. */
function parseServers(text: string): readonly string[] {
  const servers = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  for (const server of servers) {
    const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([^:]+)(?::\d{1,5})?)$/.exec(server) ?? [];
    if (isIP(server) === 0 && isIP(bracketed ?? plain ?? '') === 0)
      throw new Error(`SLIPWAY_DNS_SERVERS: "${server}" is no address, such as 192.0.2.1 or 192.0.2.1:5353.`);
  }
  return servers;
}
