import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Schemas } from '@slipway/sdk';
import { parse, stringify } from 'yaml';
import { isRecord } from './config.js';
import { CliError } from './errors.js';

interface Named {
  readonly name: string;
}

export interface Kubeconfig {
  readonly apiVersion: 'v1';
  readonly kind: 'Config';
  readonly clusters: readonly (Named & {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string };
  })[];
  readonly users: readonly (Named & { readonly user: object })[];
  readonly contexts: readonly (Named & {
    readonly context: { readonly cluster: string; readonly user: string; readonly namespace?: string };
  })[];
  readonly 'current-context': string;
}

export function toKubeconfig(from: {
  name: string;
  server: string;
  username: string;
  token: string;
  namespace?: string;
}): Kubeconfig {
  const { name, username, token, namespace } = from;
  const user = `slipway-${username}`;
  // kubectl sends no credentials of a user over plain http; there the address itself has to carry them.
  const url = new URL(from.server);
  if (url.protocol === 'http:') {
    url.username = username;
    url.password = token;
  }
  const server = url.href;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name, context: { cluster: name, user, ...(namespace ? { namespace } : {}) } }],
    'current-context': name,
  };
}

export function renderKubeconfig(config: object): string {
  return stringify(config).trimEnd();
}

/** Adds ours to a kubeconfig's text, in place of entries of the same names; all else stays as it is. */
export function mergeKubeconfig(present: string, wanted: Kubeconfig): string {
  const value: unknown = present.trim() ? parse(present) : {};
  if (!isRecord(value))
    throw new CliError('kubeconfig-invalid', 'The kubeconfig is not a mapping.', {
      remedy: 'Print ours without --merge and combine them by hand.',
    });
  const merged: Record<string, unknown> = { apiVersion: 'v1', kind: 'Config', ...value };
  for (const list of ['clusters', 'users', 'contexts'] as const) {
    const names = new Set(wanted[list].map((entry) => entry.name));
    const kept = Array.isArray(value[list])
      ? value[list].filter((entry) => !(isRecord(entry) && names.has(String(entry['name']))))
      : [];
    merged[list] = [...kept, ...wanted[list]];
  }
  merged['current-context'] = wanted['current-context'];
  return stringify(merged);
}

/** The server's kubeconfig as this login reaches the server: its address, its authority, and what kubectl's version speaks. */
export function withServer(
  found: Schemas['Kubeconfig'],
  to: {
    readonly server: string;
    readonly execApi: 'v1' | 'v1beta1';
    readonly authority?: string;
    readonly project?: string;
    readonly environment?: string;
  },
): Kubeconfig {
  const authority = to.authority === undefined ? {} : { 'certificate-authority-data': to.authority };
  const isWanted = (name: string): boolean => {
    const [, project, environment] = name.split('/');
    return (!to.project || project === to.project) && (!to.environment || environment === to.environment);
  };
  const wanted = to.project || to.environment ? found.contexts.find(({ name }) => isWanted(name)) : undefined;
  return {
    ...found,
    clusters: found.clusters.map(({ name, cluster }) => ({
      name,
      cluster: { server: to.server + new URL(cluster.server).pathname.replace(/^.*(?=\/k8s\/)/, ''), ...authority },
    })),
    users: found.users.map(({ name, user: { exec } }) => {
      const args = exec.args.map((arg, at) => (exec.args[at - 1] === '--server' ? to.server : arg));
      const apiVersion = `client.authentication.k8s.io/${to.execApi}`;
      return { name, user: { exec: { ...exec, apiVersion, args } } };
    }),
    'current-context': wanted?.name ?? found['current-context'],
  };
}

export interface KubeCredential {
  readonly token: string;
  readonly expiresAt: string;
}

/** A new token is asked for this long before the old one ends. */
const spareMilliseconds = 5 * 60_000;

export const isFresh = ({ expiresAt }: KubeCredential, now: Date): boolean =>
  new Date(expiresAt).getTime() - now.getTime() > spareMilliseconds;

/** Undefined for what is no credential: a broken file is as good as none. */
export function parseCredential(text: string): KubeCredential | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) return undefined;
    const { token, expiresAt } = value;
    return typeof token === 'string' && typeof expiresAt === 'string' ? { token, expiresAt } : undefined;
  } catch {
    return undefined;
  }
}

/** One file for each server, tenant and login, beside the configuration: another login never gets this one's token. */
export function cacheFileOf(
  configFile: string,
  about: { readonly server: string; readonly tenant?: string; readonly login: string },
): string {
  const key = createHash('sha256')
    .update(JSON.stringify([about.server, about.tenant ?? null, about.login]))
    .digest('hex');
  return join(dirname(configFile), 'kube-tokens', `${key.slice(0, 32)}.json`);
}

/** The answer to kubectl, in the version that it says it speaks (`KUBERNETES_EXEC_INFO`). */
export function toExecCredential({ token, expiresAt }: KubeCredential, execInfo: string | undefined): object {
  const info = parseJson(execInfo);
  const asked = isRecord(info) ? String(info['apiVersion']) : '';
  const apiVersion = /^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(asked)
    ? asked
    : 'client.authentication.k8s.io/v1';
  return {
    apiVersion,
    kind: 'ExecCredential',
    status: { token, expirationTimestamp: expiresAt.replace(/\.\d+Z$/, 'Z') },
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
