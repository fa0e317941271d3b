import { joinLabel, shortHash, toLabel } from '../kernel/kubernetes/dns-label.js';
import { labelPrefix, managedBy } from '../kernel/kubernetes/labels.js';

/** Labels and annotations of ours begin with this. */
/** On a namespace that was there before it became an environment: it is given back, and not deleted with its tenant. */
export const adoptedLabel = `${labelPrefix}adopted`;
/** What the platform writes on namespaces, beside Pod Security, and takes off again. */
export const isLabelOfOurs = (key: string): boolean => key.startsWith(labelPrefix) || Object.hasOwn(managedBy, key);
/** Tenants' pods run as nobody special: not as root, without privilege, apart from the node. A project can be let off the first. */
export const enforceLabel = 'pod-security.kubernetes.io/enforce';
export const podSecurity = { [enforceLabel]: 'restricted' } as const;
/** The Secret with the registry's credentials in every environment's namespace. */
export const pullSecretName = 'slipway-registry';

/** `{tenant}-{project}-{environment}`, shortened where it must be. */
export function toNamespaceName(tenant: string, project: string, environment: string): string {
  return toLabel([tenant, project, environment].join('-'));
}

/**
 * The name for an environment whose `toNamespaceName` another one has already: `a-b` + `c` and `a` + `b-c` join to the same
 * text. The hash is taken over the three names apart, so it differs.
 */
export function toDistinctNamespaceName(tenant: string, project: string, environment: string): string {
  const names = [tenant, project, environment];
  return joinLabel(names.join('-'), shortHash(names.join('/')));
}

export interface Owner {
  readonly tenant: string;
  readonly project?: string;
  readonly environment?: string;
  readonly application?: string;
  readonly process?: string;
  readonly release?: string;
}

/** The labels that everything of ours in a cluster carries. */
export function toLabels(owner: Owner): Record<string, string> {
  const own = Object.entries(owner).filter(([, value]) => value !== undefined);
  return { ...managedBy, ...Object.fromEntries(own.map(([key, value]) => [`${labelPrefix}${key}`, String(value)])) };
}

/** `{application}` for the process `web`, `{application}-{process}` for others that listen. */
export const toServiceName = (application: string, process: string): string =>
  process === 'web' ? application : toLabel(`${application}-${process}`);

/** The value of `.dockerconfigjson` for one registry. */
export function toDockerConfig(registryHost: string, username: string, password: string): string {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return JSON.stringify({ auths: { [registryHost]: { username, password, auth } } });
}

/** The password that a `.dockerconfigjson` (in base64, as a Secret carries it) has for a registry. */
export function findDockerPassword(encoded: string | undefined, registryHost: string): string | undefined {
  try {
    const config: unknown = JSON.parse(Buffer.from(encoded ?? '', 'base64').toString('utf8'));
    const auths: unknown = typeof config === 'object' && config !== null ? Reflect.get(config, 'auths') : undefined;
    const entry: unknown = typeof auths === 'object' && auths !== null ? Reflect.get(auths, registryHost) : undefined;
    const password: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'password') : undefined;
    return typeof password === 'string' ? password : undefined;
  } catch {
    return undefined;
  }
}
