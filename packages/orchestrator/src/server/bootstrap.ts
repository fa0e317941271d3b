import {
  configMaps,
  customResourceDefinitions,
  type JsonObject,
  type KindDefinition,
  kindDefinitions,
  namespaces,
  objectAt,
  serviceAccounts,
  services,
  systemPriorities,
} from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { ApiError } from './api-error.js';
import { keepTokenSecretsFilled } from './authentication/token-secrets.js';
import { aggregateRoles, keepRolesAggregated } from './authorization/aggregation.js';
import { reconcileDefaultPolicy } from './authorization/default-policy.js';
import { keepRequestsSigned } from './certificates/signer.js';
import { installDefinitions } from './custom/index.js';
import { defaultFlows, defaultLevels } from './fairness/index.js';
import { followResource } from './follow.js';
import type { CertificateAuthority } from './pki.js';
import { asJson, type Registry, type WriteContext } from './registry.js';
import type { TokenSigner } from './tokens.js';

const system: WriteContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  isDryRun: false,
  fieldManager: 'apiserver',
  fieldValidation: 'Ignore',
  warnings: [],
};

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'slipway-system'];

function kindOf(type: { group: string; plural: string }): KindDefinition {
  const kind = kindDefinitions.find((each) => each.type.group === type.group && each.type.plural === type.plural);
  if (!kind) throw new Error(`no kind is defined for ${type.plural}`);
  return kind;
}

async function ensure(registry: Registry, kind: KindDefinition, namespace: string, object: JsonObject): Promise<void> {
  const name = String((object.metadata as JsonObject).name);
  if (registry.find(kind, namespace, name)) return;
  try {
    await registry.create(kind, namespace, object, { ...system, warnings: [] });
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
  }
}

export interface BootstrapOptions {
  serviceAddress: string;
  port: number;
  /** Where the API server can be reached from pods; absent: another part of the system sees to it. */
  endpoint?: { address: string; port: number };
}

/** What a cluster has from its first minute on. Safe to run at every start. */
export async function bootstrap(registry: Registry, options: BootstrapOptions): Promise<void> {
  for (const name of systemNamespaces) await ensure(registry, kindOf(namespaces), '', { metadata: { name } });
  await reconcileDefaultPolicy(registry, system);
  await ensurePriorityClasses(registry);
  await ensureFlows(registry);
  await aggregateRoles(registry, system);
  await installDefinitions(registry, kindOf(customResourceDefinitions));
  await ensure(registry, kindOf(services), 'default', {
    metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP: options.serviceAddress,
      ports: [{ name: 'https', port: 443, targetPort: options.port }],
    },
  });
  if (options.endpoint) await putOwnEndpoint(registry, options.endpoint);
}

const systemPurposes: Readonly<Record<string, string>> = {
  'system-node-critical': 'For pods that a node cannot do without.',
  'system-cluster-critical': 'For pods that the cluster cannot do without, on whichever node.',
};

async function ensurePriorityClasses(registry: Registry): Promise<void> {
  const kind = kindOf({ group: 'scheduling.k8s.io', plural: 'priorityclasses' });
  for (const [name, value] of Object.entries(systemPriorities))
    await ensure(registry, kind, '', { metadata: { name }, value, description: systemPurposes[name] });
}

/** Those that are there stay as somebody may have changed them. */
async function ensureFlows(registry: Registry): Promise<void> {
  const group = 'flowcontrol.apiserver.k8s.io';
  const annotations = { 'apf.kubernetes.io/autoupdate-spec': 'true' };
  const put = (plural: string, objects: readonly JsonObject[]) =>
    Promise.all(
      objects.map((each) => {
        const metadata = { ...objectAt(each, 'metadata'), annotations };
        return ensure(registry, kindOf({ group, plural }), '', { ...each, metadata });
      }),
    );
  await put('prioritylevelconfigurations', defaultLevels);
  await put('flowschemas', defaultFlows);
}

/** The slice behind the service `kubernetes` is the server's own to keep. */
async function putOwnEndpoint(registry: Registry, endpoint: { address: string; port: number }): Promise<void> {
  const kind = kindOf({ group: 'discovery.k8s.io', plural: 'endpointslices' });
  const content = {
    addressType: 'IPv4',
    endpoints: [{ addresses: [endpoint.address], conditions: { ready: true } }],
    ports: [{ name: 'https', port: endpoint.port, protocol: 'TCP' }],
  };
  const metadata = { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } };
  await ensure(registry, kind, 'default', { metadata, ...content });
  const request = { kind, namespace: 'default', name: 'kubernetes', subresource: '', isRetried: true } as const;
  await registry.update({ ...request, change: (current) => ({ ...current, ...content }) }, { ...system, warnings: [] });
}

/** What follows the objects of the cluster as long as the server runs. */
export function keepUp(
  store: Store,
  registry: Registry,
  { authority, tokens }: { authority: CertificateAuthority; tokens: TokenSigner },
  onError: (error: unknown, what: string) => void,
): { close(): void } {
  const ca = authority.certificate;
  const or = (what: string) => (error: unknown) => onError(error, what);
  const parts = [
    keepNamespacesFurnished(store, registry, ca, or('a namespace could not be furnished')),
    keepRolesAggregated(store, registry, system, or('the roles could not be aggregated')),
    keepRequestsSigned(store, registry, authority, system, or('a certificate could not be signed')),
    keepTokenSecretsFilled(store, registry, { ca, tokens }, system, or('the Secret of a token could not be filled')),
  ];
  return {
    close: () => {
      for (const part of parts) part.close();
    },
  };
}

/** Gives every namespace its `kube-root-ca.crt` and its account `default`, and renews the former when the CA changed. */
function keepNamespacesFurnished(
  store: Store,
  registry: Registry,
  ca: string,
  onError: (error: unknown) => void,
): { close(): void } {
  const furnish = async (namespace: string) => {
    const found = store.get('namespaces', '', namespace);
    if (!found || found.value.metadata.deletionTimestamp !== undefined) return;
    const data = { 'ca.crt': ca };
    await ensure(registry, kindOf(serviceAccounts), namespace, { metadata: { name: 'default' } });
    const kind = kindOf(configMaps);
    await ensure(registry, kind, namespace, { metadata: { name: 'kube-root-ca.crt' }, data });
    const request = { kind, namespace, name: 'kube-root-ca.crt', subresource: '', isRetried: true } as const;
    await registry.update({ ...request, change: (current) => ({ ...current, data }) }, { ...system, warnings: [] });
  };
  return followResource(store, 'namespaces', (changed) => {
    for (const each of changed ?? store.list('namespaces')) void furnish(each.name).catch(onError);
  });
}

const eventLifeMilliseconds = 60 * 60 * 1000;

/** Events are kept for an hour. */
export async function expireEvents(store: Store, registry: Registry): Promise<void> {
  const kind = kindOf({ group: '', plural: 'events' });
  const oldest = Date.now() - eventLifeMilliseconds;
  for (const object of store.list('events')) {
    const value = asJson(object.value);
    const times = [value.lastTimestamp, value.eventTime, object.value.metadata.creationTimestamp];
    const last = Math.max(...times.map((each) => Date.parse(String(each))).filter((each) => !Number.isNaN(each)));
    if (last < oldest)
      await registry.remove(kind, object, structuredClone(value), { ...system, warnings: [] }).catch(() => undefined);
  }
}
