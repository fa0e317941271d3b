import { parse, stringify } from 'yaml';
import { isRecord } from './config.js';
import { CliError } from './errors.js';

export interface Kubeconfig {
  readonly apiVersion: 'v1';
  readonly kind: 'Config';
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
  readonly users: readonly { readonly name: string; readonly user: { readonly token: string } }[];
  readonly contexts: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string; readonly namespace?: string };
  }[];
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
