import { configMapKind } from './config-map/config-map.kind.js';
import { customResourceDefinitionKind } from './custom-resource-definition/custom-resource-definition.kind.js';
import type { KindDefinition } from './definition.js';
import { deploymentKind } from './deployment/deployment.kind.js';
import { endpointSliceKind } from './endpoint-slice/endpoint-slice.kind.js';
import { endpointsKind } from './endpoints/endpoints.kind.js';
import { eventKind, eventV1Kind } from './event/event.kind.js';
import { gatewayClassKind, gatewayKind, httpRouteKind } from './gateway/gateway.kinds.js';
import { leaseKind } from './lease/lease.kind.js';
import { namespaceKind } from './namespace/namespace.kind.js';
import { networkPolicyKind } from './network-policy/network-policy.kind.js';
import { nodeKind } from './node/node.kind.js';
import { podKind } from './pod/pod.kind.js';
import { limitRangeKind, resourceQuotaKind } from './quota/quota.kinds.js';
import { clusterRoleBindingKind, clusterRoleKind, roleBindingKind, roleKind } from './rbac/rbac.kinds.js';
import { replicaSetKind } from './replica-set/replica-set.kind.js';
import { secretKind } from './secret/secret.kind.js';
import { serviceKind } from './service/service.kind.js';
import { serviceAccountKind } from './service-account/service-account.kind.js';

/** Every kind that is served, in the order of discovery. */
export const kindDefinitions: readonly KindDefinition[] = [
  namespaceKind,
  nodeKind,
  podKind,
  serviceKind,
  configMapKind,
  secretKind,
  serviceAccountKind,
  eventKind,
  endpointsKind,
  limitRangeKind,
  resourceQuotaKind,
  deploymentKind,
  replicaSetKind,
  endpointSliceKind,
  eventV1Kind,
  leaseKind,
  networkPolicyKind,
  clusterRoleKind,
  clusterRoleBindingKind,
  roleKind,
  roleBindingKind,
  gatewayClassKind,
  gatewayKind,
  httpRouteKind,
  customResourceDefinitionKind,
];
