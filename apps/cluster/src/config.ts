import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AuditOptions, OidcOptions } from '@slipway/orchestrator/server';
import { z } from 'zod';

const roles = ['apiserver', 'controllers', 'scheduler', 'node', 'network'] as const;
export type Role = (typeof roles)[number];

const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);
const cidr = (fallback: string) => z.cidrv4().default(fallback);

const schema = z.object({
  SLIPWAY_BIND: z.string().default('127.0.0.1'),
  SLIPWAY_CLUSTER_DATABASE_URL: z.url().optional(),
  SLIPWAY_CLUSTER_PORT: port(7644),
  SLIPWAY_NODE_PORT: port(7645),
  SLIPWAY_CLUSTER_METRICS_PORT: port(7646),
  SLIPWAY_CLUSTER_DIR: z.string().default('/var/lib/slipway/cluster'),
  SLIPWAY_CLUSTER_OIDC_ISSUER: z.url().optional(),
  SLIPWAY_CLUSTER_OIDC_CLIENT_ID: z.string().default(''),
  SLIPWAY_CLUSTER_OIDC_USERNAME_CLAIM: z.string().default('sub'),
  SLIPWAY_CLUSTER_OIDC_USERNAME_PREFIX: z.string().optional(),
  SLIPWAY_CLUSTER_OIDC_GROUPS_CLAIM: z.string().optional(),
  SLIPWAY_CLUSTER_OIDC_GROUPS_PREFIX: z.string().default(''),
  SLIPWAY_CLUSTER_OIDC_CA_FILE: z.string().optional(),
  SLIPWAY_CLUSTER_AUDIT_LOG: z.string().optional(),
  SLIPWAY_CLUSTER_AUDIT_POLICY: z.string().optional(),
  SLIPWAY_CLUSTER_AUDIT_LOG_MAXSIZE: z.coerce.number().int().min(1).default(100),
  SLIPWAY_CLUSTER_AUDIT_LOG_MAXBACKUP: z.coerce.number().int().min(0).default(10),
  SLIPWAY_CLUSTER_AUDIT_LOG_MAXAGE: z.coerce.number().int().min(0).default(30),
  SLIPWAY_KUBECONFIG: z.string().default('/var/lib/slipway/kubeconfig'),
  SLIPWAY_CONTAINERD_SOCKET: z.string().default('/var/lib/slipway/containerd/containerd.sock'),
  SLIPWAY_CNI_DIR: z.string().default('/var/lib/slipway/containerd/cni/net.d'),
  SLIPWAY_GATEWAY_DIR: z.string().default('/var/lib/slipway/gateway'),
  SLIPWAY_GATEWAY_METRICS_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  SLIPWAY_GATEWAY_PORT: port(7680),
  SLIPWAY_GATEWAY_TLS_PORT: port(7643),
  SLIPWAY_APPS_DOMAIN: z.string().default('slipway.localhost'),
  SLIPWAY_POD_CIDR: cidr('100.64.0.0/17'),
  SLIPWAY_SERVICE_CIDR: cidr('100.64.128.0/17'),
  SLIPWAY_BRIDGE: z
    .string()
    .regex(/^[a-z0-9]{1,15}$/)
    .default('slw0'),
  SLIPWAY_NFT_TABLE: z
    .string()
    .regex(/^[a-z0-9_]+$/)
    .default('slipway'),
  SLIPWAY_NODE_NAME: z.string().default(() => hostname().toLowerCase()),
  SLIPWAY_NODES: z.enum(['real', 'simulated']).default('real'),
  SLIPWAY_PAUSE_IMAGE: z.string().default('slipway.local/pause:1'),
  SLIPWAY_HOST_SERVICES: z.string().default(''),
  SLIPWAY_POD_PROXY_ENV: z.string().default('{}'),
  SLIPWAY_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export type ClusterConfig = Readonly<Omit<z.infer<typeof schema>, 'SLIPWAY_POD_PROXY_ENV'>> & {
  readonly roles: ReadonlySet<Role>;
  readonly SLIPWAY_POD_PROXY_ENV: Readonly<Record<string, string>>;
};

/** Reads the environment and `--roles=a,b`. Throws an Error that names what is wrong. */
export function loadConfig(environment: NodeJS.ProcessEnv, args: readonly string[]): ClusterConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`the configuration is not valid: ${problems.join('; ')}`);
  }
  const config = {
    ...parsed.data,
    roles: rolesOf(args),
    SLIPWAY_POD_PROXY_ENV: podEnvironmentOf(parsed.data.SLIPWAY_POD_PROXY_ENV),
  };
  if (config.roles.has('apiserver') && !config.SLIPWAY_CLUSTER_DATABASE_URL)
    throw new Error('SLIPWAY_CLUSTER_DATABASE_URL is not set: name the PostgreSQL database of the cluster');
  if (config.SLIPWAY_CLUSTER_OIDC_ISSUER && clientIdsOf(config).length === 0)
    throw new Error('SLIPWAY_CLUSTER_OIDC_CLIENT_ID is not set: name the client that the ID tokens are made for');
  return config;
}

const clientIdsOf = (config: Pick<ClusterConfig, 'SLIPWAY_CLUSTER_OIDC_CLIENT_ID'>) =>
  config.SLIPWAY_CLUSTER_OIDC_CLIENT_ID.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** The identity provider of the cluster's API, if one is named. */
export function identityProviders(config: ClusterConfig): OidcOptions[] {
  if (!config.SLIPWAY_CLUSTER_OIDC_ISSUER) return [];
  return [
    {
      issuerUrl: config.SLIPWAY_CLUSTER_OIDC_ISSUER,
      audiences: clientIdsOf(config),
      usernameClaim: config.SLIPWAY_CLUSTER_OIDC_USERNAME_CLAIM,
      usernamePrefix: config.SLIPWAY_CLUSTER_OIDC_USERNAME_PREFIX,
      groupsClaim: config.SLIPWAY_CLUSTER_OIDC_GROUPS_CLAIM,
      groupsPrefix: config.SLIPWAY_CLUSTER_OIDC_GROUPS_PREFIX,
      caFile: config.SLIPWAY_CLUSTER_OIDC_CA_FILE,
    },
  ];
}

/** Where the cluster's API notes requests: undefined when it is switched off. Throws when the policy's file cannot be read. */
export async function auditOptions(config: ClusterConfig): Promise<AuditOptions | undefined> {
  const path = config.SLIPWAY_CLUSTER_AUDIT_LOG ?? join(config.SLIPWAY_CLUSTER_DIR, 'audit', 'audit.log');
  if (path === 'off') return undefined;
  const file = config.SLIPWAY_CLUSTER_AUDIT_POLICY;
  const policy =
    file === undefined
      ? undefined
      : await readFile(file, 'utf8').catch((cause: unknown) => {
          throw new Error(`SLIPWAY_CLUSTER_AUDIT_POLICY: ${file} cannot be read`, { cause });
        });
  return {
    path,
    policy,
    maxSizeBytes: config.SLIPWAY_CLUSTER_AUDIT_LOG_MAXSIZE * 1024 * 1024,
    maxBackups: config.SLIPWAY_CLUSTER_AUDIT_LOG_MAXBACKUP,
    maxAgeDays: config.SLIPWAY_CLUSTER_AUDIT_LOG_MAXAGE,
  };
}

function rolesOf(args: readonly string[]): Set<Role> {
  const given = args.find((each) => each.startsWith('--roles='))?.slice('--roles='.length);
  const names = given === undefined || given === '' ? [...roles] : given.split(',').map((each) => each.trim());
  return new Set(
    names.map((name) => {
      const role = roles.find((each) => each === name);
      if (!role) throw new Error(`--roles: ${name} is not a role; the roles are ${roles.join(', ')}`);
      return role;
    }),
  );
}

function podEnvironmentOf(text: string): Record<string, string> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(text));
  } catch {
    throw new Error('SLIPWAY_POD_PROXY_ENV is not a JSON object of strings');
  }
}
