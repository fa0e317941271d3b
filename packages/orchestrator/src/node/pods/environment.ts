import type {
  ConfigMap,
  Container,
  EnvVar,
  ObjectFieldSelector,
  Pod,
  ResourceFieldSelector,
  Secret,
} from '../../kinds/index.js';
import { parseQuantity } from '../../kinds/quantity.js';

/** What a pod's spec may refer to; undefined where there is no such object. */
export interface PodSources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
}

/** What the downward API tells besides the pod itself. */
export interface PodFacts {
  readonly podIp: string;
  readonly hostIp: string;
  readonly nodeName: string;
  readonly allocatable: Readonly<Record<string, string>>;
}

/** The spec refers to something that is not there: `CreateContainerConfigError`, retried until somebody mends it. */
export class PodConfigError extends Error {
  override readonly name = 'PodConfigError';
}

/**
 * Resolves envFrom, env and valueFrom in upstream's order (a later one wins) and expands `$(NAME)`.
 *
 * @throws PodConfigError when a required object or key is missing
 */
export async function resolveEnvironment(
  pod: Pod,
  container: Container,
  sources: PodSources,
  facts: PodFacts,
  inherited: Readonly<Record<string, string>>,
): Promise<Map<string, string>> {
  const variables = new Map<string, string>(Object.entries(inherited));
  for (const from of container.envFrom ?? []) {
    for (const [key, value] of await readEnvFrom(from, sources)) variables.set(`${from.prefix ?? ''}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    const value = await readVariable(pod, container, variable, variables, sources, facts);
    if (value !== undefined) variables.set(variable.name, value);
  }
  return variables;
}

async function readEnvFrom(
  from: NonNullable<Container['envFrom']>[number],
  sources: PodSources,
): Promise<[string, string][]> {
  if (from.configMapRef) {
    const { name = '', optional } = from.configMapRef;
    const found = await sources.configMap(name);
    if (!found && !optional) throw new PodConfigError(`configmap "${name}" not found`);
    return Object.entries(found?.data ?? {});
  }
  if (from.secretRef) {
    const { name = '', optional } = from.secretRef;
    const found = await sources.secret(name);
    if (!found && !optional) throw new PodConfigError(`secret "${name}" not found`);
    return Object.entries(found?.data ?? {}).map(([key, value]) => [key, decode(value)]);
  }
  return [];
}

async function readVariable(
  pod: Pod,
  container: Container,
  variable: EnvVar,
  before: ReadonlyMap<string, string>,
  sources: PodSources,
  facts: PodFacts,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (!from) return expand(variable.value ?? '', before);
  if (from.fieldRef) return readField(pod, from.fieldRef, facts);
  if (from.resourceFieldRef) return readResource(pod, container, from.resourceFieldRef, facts);
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const found = await sources.configMap(name);
    if (!found && !optional) throw new PodConfigError(`configmap "${name}" not found`);
    const value = found?.data?.[key];
    if (found && value === undefined && !optional) {
      throw new PodConfigError(`couldn't find key ${key} in ConfigMap ${pod.metadata.namespace}/${name}`);
    }
    return value;
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef;
    const found = await sources.secret(name);
    if (!found && !optional) throw new PodConfigError(`secret "${name}" not found`);
    const value = found?.data?.[key];
    if (found && value === undefined && !optional) {
      throw new PodConfigError(`couldn't find key ${key} in Secret ${pod.metadata.namespace}/${name}`);
    }
    return value === undefined ? undefined : decode(value);
  }
  return undefined;
}

/** `$(NAME)` → its value, `$$` → `$`; a name that is not known stays as it is written. */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, inner: string, name: string | undefined) => {
    if (inner === '$') return '$';
    return (name !== undefined ? variables.get(name) : undefined) ?? whole;
  });
}

/** The value of a downward-API field, as text. */
export function readField(pod: Pod, selector: ObjectFieldSelector, facts: PodFacts): string {
  const path = selector.fieldPath;
  const keyed = /^metadata\.(annotations|labels)\['(.*)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] === 'labels' ? 'labels' : 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return facts.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? 'default';
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIp;
    default:
      throw new PodConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** A limit or request divided by `divisor`, rounded up; a missing limit is what the node can give. */
export function readResource(pod: Pod, own: Container, selector: ResourceFieldSelector, facts: PodFacts): string {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const container = selector.containerName ? containers.find((one) => one.name === selector.containerName) : own;
  const [kind = '', name = ''] = selector.resource.split('.');
  const resources = container?.resources ?? {};
  const text = (kind === 'limits' ? resources.limits : resources.requests)?.[name];
  const amount = text ?? (kind === 'limits' ? facts.allocatable[name] : undefined);
  const divisor = parseQuantity(selector.divisor ?? '1') || 1;
  return String(Math.ceil(parseQuantity(amount) / divisor - 1e-9));
}

function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  const lines = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return lines.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
