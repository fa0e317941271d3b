import type { KubeObject, ResourceType } from './kind.js';
import type * as types from './types.js';

function namespaced<T extends KubeObject>(group: string, kind: string, plural: string): ResourceType<T> {
  return { group, version: 'v1', plural, kind, namespaced: true };
}

function cluster<T extends KubeObject>(group: string, kind: string, plural: string): ResourceType<T> {
  return { group, version: 'v1', plural, kind, namespaced: false };
}

const gateway = 'gateway.networking.k8s.io';
const rbac = 'rbac.authorization.k8s.io';

export const namespaces = cluster<types.Namespace>('', 'Namespace', 'namespaces');
export const nodes = cluster<types.Node>('', 'Node', 'nodes');
export const pods = namespaced<types.Pod>('', 'Pod', 'pods');
export const services = namespaced<types.Service>('', 'Service', 'services');
export const endpoints = namespaced<types.Endpoints>('', 'Endpoints', 'endpoints');
export const configMaps = namespaced<types.ConfigMap>('', 'ConfigMap', 'configmaps');
export const secrets = namespaced<types.Secret>('', 'Secret', 'secrets');
export const serviceAccounts = namespaced<types.ServiceAccount>('', 'ServiceAccount', 'serviceaccounts');
export const events = namespaced<types.Event>('', 'Event', 'events');
export const resourceQuotas = namespaced<types.ResourceQuota>('', 'ResourceQuota', 'resourcequotas');
export const limitRanges = namespaced<types.LimitRange>('', 'LimitRange', 'limitranges');

export const deployments = namespaced<types.Deployment>('apps', 'Deployment', 'deployments');
export const replicaSets = namespaced<types.ReplicaSet>('apps', 'ReplicaSet', 'replicasets');
export const endpointSlices = namespaced<types.EndpointSlice>('discovery.k8s.io', 'EndpointSlice', 'endpointslices');
export const leases = namespaced<types.Lease>('coordination.k8s.io', 'Lease', 'leases');
export const eventsV1 = namespaced<types.EventsEvent>('events.k8s.io', 'Event', 'events');
export const networkPolicies = namespaced<types.NetworkPolicy>('networking.k8s.io', 'NetworkPolicy', 'networkpolicies');

export const roles = namespaced<types.Role>(rbac, 'Role', 'roles');
export const roleBindings = namespaced<types.RoleBinding>(rbac, 'RoleBinding', 'rolebindings');
export const clusterRoles = cluster<types.ClusterRole>(rbac, 'ClusterRole', 'clusterroles');
export const clusterRoleBindings = cluster<types.ClusterRoleBinding>(rbac, 'ClusterRoleBinding', 'clusterrolebindings');

export const gatewayClasses = cluster<types.GatewayClass>(gateway, 'GatewayClass', 'gatewayclasses');
export const gateways = namespaced<types.Gateway>(gateway, 'Gateway', 'gateways');
export const httpRoutes = namespaced<types.HTTPRoute>(gateway, 'HTTPRoute', 'httproutes');
