import {
  mutatingAdmissionPolicyBindingKind,
  mutatingAdmissionPolicyKind,
  validatingAdmissionPolicyBindingKind,
  validatingAdmissionPolicyKind,
} from './admission-registration/policy.kinds.js';
import {
  mutatingWebhookConfigurationKind,
  validatingWebhookConfigurationKind,
} from './admission-registration/webhook.kinds.js';
import { apiServiceKind } from './api-service/api-service.kind.js';
import { certificateSigningRequestKind } from './certificate-signing-request/certificate-signing-request.kind.js';
import { configMapKind } from './config-map/config-map.kind.js';
import { controllerRevisionKind } from './controller-revision/controller-revision.kind.js';
import { cronJobKind } from './cron-job/cron-job.kind.js';
import { customResourceDefinitionKind } from './custom-resource-definition/custom-resource-definition.kind.js';
import { daemonSetKind } from './daemon-set/daemon-set.kind.js';
import type { KindDefinition } from './definition.js';
import { deploymentKind } from './deployment/deployment.kind.js';
import { endpointSliceKind } from './endpoint-slice/endpoint-slice.kind.js';
import { endpointsKind } from './endpoints/endpoints.kind.js';
import { eventKind, eventV1Kind } from './event/event.kind.js';
import { flowSchemaKind, priorityLevelConfigurationKind } from './flow-control/flow-control.kinds.js';
import {
  horizontalPodAutoscalerKind,
  horizontalPodAutoscalerV1Kind,
} from './horizontal-pod-autoscaler/horizontal-pod-autoscaler.kinds.js';
import { ingressClassKind, ingressKind } from './ingress/ingress.kinds.js';
import { jobKind } from './job/job.kind.js';
import { leaseKind } from './lease/lease.kind.js';
import { namespaceKind } from './namespace/namespace.kind.js';
import { networkPolicyKind } from './network-policy/network-policy.kind.js';
import { nodeKind } from './node/node.kind.js';
import { persistentVolumeClaimKind, persistentVolumeKind } from './persistent-volume/persistent-volume.kinds.js';
import { podKind } from './pod/pod.kind.js';
import { podDisruptionBudgetKind } from './pod-disruption-budget/pod-disruption-budget.kind.js';
import { podTemplateKind } from './pod-template/pod-template.kind.js';
import { priorityClassKind } from './priority-class/priority-class.kind.js';
import { limitRangeKind, resourceQuotaKind } from './quota/quota.kinds.js';
import { clusterRoleBindingKind, clusterRoleKind, roleBindingKind, roleKind } from './rbac/rbac.kinds.js';
import { replicaSetKind } from './replica-set/replica-set.kind.js';
import { replicationControllerKind } from './replication-controller/replication-controller.kind.js';
import { runtimeClassKind } from './runtime-class/runtime-class.kind.js';
import { secretKind } from './secret/secret.kind.js';
import { serviceKind } from './service/service.kind.js';
import { serviceAccountKind } from './service-account/service-account.kind.js';
import { ipAddressKind, serviceCidrKind } from './service-cidr/service-cidr.kinds.js';
import { statefulSetKind } from './stateful-set/stateful-set.kind.js';
import {
  csiDriverKind,
  csiNodeKind,
  csiStorageCapacityKind,
  storageClassKind,
  volumeAttachmentKind,
  volumeAttributesClassKind,
} from './storage/storage.kinds.js';

/** Every kind that is served, in the order of discovery. */
export const kindDefinitions: readonly KindDefinition[] = [
  namespaceKind,
  nodeKind,
  podKind,
  podTemplateKind,
  replicationControllerKind,
  serviceKind,
  configMapKind,
  secretKind,
  serviceAccountKind,
  eventKind,
  endpointsKind,
  limitRangeKind,
  resourceQuotaKind,
  persistentVolumeKind,
  persistentVolumeClaimKind,
  apiServiceKind,
  deploymentKind,
  replicaSetKind,
  statefulSetKind,
  daemonSetKind,
  controllerRevisionKind,
  eventV1Kind,
  horizontalPodAutoscalerKind,
  horizontalPodAutoscalerV1Kind,
  cronJobKind,
  jobKind,
  certificateSigningRequestKind,
  ingressKind,
  ingressClassKind,
  networkPolicyKind,
  serviceCidrKind,
  ipAddressKind,
  podDisruptionBudgetKind,
  clusterRoleKind,
  clusterRoleBindingKind,
  roleKind,
  roleBindingKind,
  storageClassKind,
  volumeAttachmentKind,
  volumeAttributesClassKind,
  csiDriverKind,
  csiNodeKind,
  csiStorageCapacityKind,
  mutatingWebhookConfigurationKind,
  validatingWebhookConfigurationKind,
  validatingAdmissionPolicyKind,
  validatingAdmissionPolicyBindingKind,
  mutatingAdmissionPolicyKind,
  mutatingAdmissionPolicyBindingKind,
  customResourceDefinitionKind,
  priorityClassKind,
  leaseKind,
  runtimeClassKind,
  endpointSliceKind,
  flowSchemaKind,
  priorityLevelConfigurationKind,
];
