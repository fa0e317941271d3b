import type { Permission } from '../kernel/access/permissions.js';

/** What a request needs: all of these permissions, or `never`, which is for administrators of the platform alone. */
export type Need = readonly Permission[] | 'never';

interface ResourceNeeds {
  readonly group: string;
  /** `pods`, or with its subresource `pods/log`. */
  readonly resource: string;
  readonly read: Need;
  readonly write: Need;
}

const view: Need = ['pods:read'];
const change: Need = ['workloads:write'];
const scale: Need = ['scaling:write'];
const exec: Need = ['pods:exec'];
const secretsRead: Need = ['secrets:read'];
/** Every answer to a change carries the whole Secret, so to change one is to read it. */
const secretsChange: Need = ['secrets:read', 'workloads:write'];

const each = (group: string, resources: string, read: Need, write: Need): ResourceNeeds[] =>
  resources.split(' ').map((resource) => ({ group, resource, read, write }));
const status = (resources: string): string =>
  resources
    .split(' ')
    .map((resource) => `${resource}/status`)
    .join(' ');

const gateway = 'gateway.networking.k8s.io';
const routes = 'backendtlspolicies grpcroutes httproutes listenersets referencegrants tcproutes tlsroutes udproutes';

/**
 * What each resource in a namespace needs. The door judges by it and the ClusterRoles are made of it, so the two cannot
 * disagree. What bounds a tenant (quotas, network policies, roles, service accounts) and what leads traffic astray
 * (endpoints, CVE-2021-25740) is read by tenants and written by the platform; a status is its controller's.
 */
const resourceNeeds: readonly ResourceNeeds[] = [
  ...each('', 'namespaces', ['environments:read'], 'never'),
  ...each('', 'namespaces/status', ['environments:read'], 'never'),
  ...each('', 'configmaps persistentvolumeclaims pods podtemplates replicationcontrollers services', view, change),
  ...each('', status('persistentvolumeclaims pods replicationcontrollers resourcequotas services'), view, 'never'),
  ...each('', 'pods/ephemeralcontainers pods/resize', view, change),
  ...each('', 'pods/eviction', 'never', change),
  ...each('', 'pods/log', ['logs:read'], 'never'),
  ...each('', 'pods/exec pods/attach pods/portforward pods/proxy services/proxy', exec, exec),
  ...each('', 'replicationcontrollers/scale', view, scale),
  ...each('', 'endpoints events limitranges resourcequotas serviceaccounts', view, 'never'),
  ...each('', 'secrets', secretsRead, secretsChange),
  ...each('apps', 'daemonsets deployments replicasets statefulsets', view, change),
  ...each('apps', status('daemonsets deployments replicasets statefulsets'), view, 'never'),
  ...each('apps', 'deployments/scale replicasets/scale statefulsets/scale', view, scale),
  ...each('apps', 'controllerrevisions', view, 'never'),
  ...each('autoscaling', 'horizontalpodautoscalers', view, change),
  ...each('autoscaling', status('horizontalpodautoscalers'), view, 'never'),
  ...each('batch', 'cronjobs jobs', view, change),
  ...each('batch', status('cronjobs jobs'), view, 'never'),
  ...each('coordination.k8s.io', 'leases', view, change),
  ...each('discovery.k8s.io', 'endpointslices', view, 'never'),
  ...each('events.k8s.io', 'events', view, 'never'),
  ...each('metrics.k8s.io', 'pods', view, 'never'),
  ...each('networking.k8s.io', 'ingresses', view, change),
  ...each('networking.k8s.io', status('ingresses'), view, 'never'),
  ...each('networking.k8s.io', 'networkpolicies', view, 'never'),
  ...each('policy', 'poddisruptionbudgets', view, change),
  ...each('policy', status('poddisruptionbudgets'), view, 'never'),
  ...each('rbac.authorization.k8s.io', 'rolebindings roles', view, 'never'),
  ...each('resource.k8s.io', `resourceclaims resourceclaimtemplates ${status('resourceclaims')}`, view, 'never'),
  ...each('storage.k8s.io', 'csistoragecapacities', view, 'never'),
  ...each(gateway, `gateways ${routes}`, view, change),
  ...each(gateway, status(`gateways ${routes}`), view, 'never'),
  ...each('snapshot.storage.k8s.io', 'volumesnapshots', view, change),
  ...each('snapshot.storage.k8s.io', status('volumesnapshots'), view, 'never'),
];

const needsByKey = new Map(resourceNeeds.map((entry) => [`${entry.group}/${entry.resource}`, entry]));
const knownGroups = new Set([
  ...resourceNeeds.map((entry) => entry.group),
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
]);

/**
 * What reading or changing a resource in a namespace needs. Kinds of other groups, which somebody has defined there, take
 * the general permissions; the cluster's own roles have the last word on them.
 */
export function needOf(group: string, resource: string, isRead: boolean): Need {
  if (!knownGroups.has(group)) return isRead ? view : change;
  const entry = needsByKey.get(`${group}/${resource}`);
  if (!entry) return 'never';
  return isRead ? entry.read : entry.write;
}

export interface KubeRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const readVerbs = ['get', 'list', 'watch'];
const changeVerbs = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const connectVerbs = ['get', 'create', 'update', 'patch', 'delete'];

/** The rules of a ClusterRole for somebody who has these permissions in the namespace. */
export function toRules(permissions: Iterable<Permission>): KubeRule[] {
  const held = new Set(permissions);
  const has = (need: Need): boolean => need !== 'never' && need.every((permission) => held.has(permission));
  const rules = new Map<string, { group: string; verbs: readonly string[]; resources: string[] }>();
  for (const entry of resourceNeeds) {
    for (const verbs of verbsOf(entry, has(entry.read), has(entry.write))) {
      const key = `${entry.group}|${verbs}`;
      const rule = rules.get(key) ?? { group: entry.group, verbs, resources: [] };
      rule.resources.push(entry.resource);
      rules.set(key, rule);
    }
  }
  return [...rules.values()].map(({ group, resources, verbs }) => ({
    apiGroups: [group],
    resources: resources.toSorted(),
    verbs,
  }));
}

function verbsOf(entry: ResourceNeeds, canRead: boolean, canWrite: boolean): (readonly string[])[] {
  const isNamed = entry.resource.includes('/') || entry.resource === 'namespaces';
  if (entry.read === exec) return canRead ? [connectVerbs] : [];
  const read = canRead ? [isNamed ? ['get'] : readVerbs] : [];
  const write = canWrite ? [isNamed ? ['create', 'update', 'patch'] : changeVerbs] : [];
  return [...read, ...write];
}

/** A set of permissions that some resource needs, as the name of a role and a group: `pods-read`. */
export interface Capability {
  readonly name: string;
  readonly needs: readonly Permission[];
}

const toName = (needs: readonly Permission[]): string => needs.join('-and-').replaceAll(':', '-');

/** Every set that some resource needs. Whoever has a role that is not built in, or less than one, is told by these. */
export const capabilities: readonly Capability[] = [
  ...new Map(
    resourceNeeds
      .flatMap(({ read, write }) => [read, write])
      .flatMap((needs) => (needs === 'never' ? [] : [[toName(needs), { name: toName(needs), needs }] as const])),
  ).values(),
];

/** The groups that say in a cluster what somebody may do in a scope (a tenant or project, by id). */
export function toGroups(scopeId: string, permissions: Iterable<Permission>): string[] {
  const held = new Set(permissions);
  return capabilities
    .filter(({ needs }) => needs.every((permission) => held.has(permission)))
    .map(({ name }) => toGroup(scopeId, `can-${name}`));
}

/** The group of a role or of a capability (`can-…`) in a tenant or project. */
export const toGroup = (scopeId: string, role: string): string => `slipway:${scopeId}:${role}`;

/** Whoever reads every namespace for the platform: all but Secrets and what runs in containers. */
export const auditorGroup = 'slipway:platform:auditor';
export const auditorRules: readonly KubeRule[] = [
  ...toRules(['environments:read', 'pods:read', 'logs:read']),
  {
    apiGroups: [''],
    resources: ['namespaces', 'nodes', 'persistentvolumes', 'componentstatuses'],
    verbs: readVerbs,
  },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles', 'clusterrolebindings'], verbs: readVerbs },
  { apiGroups: ['storage.k8s.io', 'scheduling.k8s.io', 'node.k8s.io'], resources: ['*'], verbs: readVerbs },
  { apiGroups: ['admissionregistration.k8s.io', 'apiextensions.k8s.io'], resources: ['*'], verbs: readVerbs },
  { apiGroups: ['metrics.k8s.io'], resources: ['nodes'], verbs: readVerbs },
];
