import type { JsonObject } from '../../kinds/index.js';
import { on, onEvents, onNamed, read } from './role-rules.js';

const all = 'create delete get list patch update watch';
const certificates = 'certificates.k8s.io';
const discovery = 'discovery.k8s.io';
const networking = 'networking.k8s.io';
const storage = 'storage.k8s.io';
const kubeletSigner = 'kubernetes.io/kube-apiserver-client-kubelet';
const signers = `kubernetes.io/kube-apiserver-client ${kubeletSigner} kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown`;

export const controllerRoleName = (controller: string) => `system:controller:${controller}`;

/** What each of upstream's controllers may do, by the name of its service account in kube-system. */
export const controllerRoles: Readonly<Record<string, readonly JsonObject[]>> = {
  'attachdetach-controller': [
    on('', 'persistentvolumeclaims persistentvolumes', 'list watch'),
    on('', 'nodes pods', read),
    on('', 'nodes/status', 'patch update'),
    on(storage, 'volumeattachments', 'create delete get list watch'),
    on(storage, 'csidrivers csinodes', read),
    onEvents,
  ],
  'certificate-controller': [
    on(certificates, 'certificatesigningrequests', 'delete get list watch'),
    on(certificates, 'certificatesigningrequests/approval certificatesigningrequests/status', 'update'),
    onNamed(certificates, 'signers', kubeletSigner, 'approve'),
    onNamed(certificates, 'signers', signers, 'sign'),
    on('authorization.k8s.io', 'subjectaccessreviews', 'create'),
    onEvents,
  ],
  'clusterrole-aggregation-controller': [
    on('rbac.authorization.k8s.io', 'clusterroles', 'escalate get list patch update watch'),
  ],
  'cronjob-controller': [
    on('batch', 'cronjobs', 'get list update watch'),
    on('batch', 'jobs', all),
    on('batch', 'cronjobs/finalizers cronjobs/status', 'update'),
    on('', 'pods', 'delete list'),
    onEvents,
  ],
  'daemon-set-controller': [
    on('apps', 'daemonsets', read),
    on('apps', 'daemonsets/finalizers daemonsets/status', 'update'),
    on('', 'nodes', 'list watch'),
    on('', 'pods', 'create delete list patch watch'),
    on('', 'pods/binding', 'create'),
    on('apps', 'controllerrevisions', all),
    onEvents,
  ],
  'deployment-controller': [
    on('apps', 'deployments', 'get list update watch'),
    on('apps', 'deployments/finalizers deployments/status', 'update'),
    on('apps', 'replicasets', all),
    on('', 'pods', 'get list update watch'),
    onEvents,
  ],
  'disruption-controller': [
    on('apps', 'deployments replicasets statefulsets', read),
    on('', 'replicationcontrollers', read),
    on('policy', 'poddisruptionbudgets', read),
    on('policy', 'poddisruptionbudgets/status', 'update'),
    on('', 'pods/status', 'patch update'),
    on('*', '*/scale', 'get'),
    onEvents,
  ],
  'endpoint-controller': [
    on('', 'pods services', read),
    on('', 'endpoints', 'create delete get list update'),
    on('', 'endpoints/restricted', 'create'),
    onEvents,
  ],
  'endpointslice-controller': [
    on('', 'nodes pods services', read),
    on('', 'services/finalizers', 'update'),
    on(discovery, 'endpointslices', 'create delete get list update'),
    on(discovery, 'endpointslices/restricted', 'create'),
    onEvents,
  ],
  'endpointslicemirroring-controller': [
    on('', 'endpoints services', read),
    on('', 'endpoints/finalizers services/finalizers', 'update'),
    on(discovery, 'endpointslices', 'create delete get list update'),
    on(discovery, 'endpointslices/restricted', 'create'),
    onEvents,
  ],
  'ephemeral-volume-controller': [
    on('', 'pods', read),
    on('', 'pods/finalizers', 'update'),
    on('', 'persistentvolumeclaims', 'create get list watch'),
    onEvents,
  ],
  'expand-controller': [
    on('', 'persistentvolumes', 'get list patch update watch'),
    on('', 'persistentvolumeclaims', read),
    on('', 'persistentvolumeclaims/status', 'patch update'),
    on(storage, 'storageclasses', read),
    onEvents,
  ],
  'generic-garbage-collector': [on('*', '*', 'delete get list patch update watch'), onEvents],
  'horizontal-pod-autoscaler': [
    on('autoscaling', 'horizontalpodautoscalers', read),
    on('autoscaling', 'horizontalpodautoscalers/status', 'update'),
    on('*', '*/scale', 'get update'),
    on('', 'pods', 'list'),
    on('metrics.k8s.io', 'pods', 'list'),
    on('custom.metrics.k8s.io', '*', 'get list'),
    on('external.metrics.k8s.io', '*', 'get list'),
    onEvents,
  ],
  'job-controller': [
    on('batch', 'jobs', 'get list patch update watch'),
    on('batch', 'jobs/finalizers jobs/status', 'update'),
    on('', 'pods', 'create delete list patch watch'),
    onEvents,
  ],
  'legacy-service-account-token-cleaner': [
    onNamed('', 'configmaps', 'kube-apiserver-legacy-service-account-token-tracking', 'get'),
    on('', 'secrets', 'delete patch'),
  ],
  'namespace-controller': [
    on('', 'namespaces', 'delete get list watch'),
    on('', 'namespaces/finalize namespaces/status', 'update'),
    on('*', '*', 'delete deletecollection get list'),
  ],
  'node-controller': [
    on('', 'nodes', 'delete get list patch update'),
    on('', 'nodes/status pods/status', 'patch update'),
    on('', 'pods', 'delete get list'),
    onEvents,
  ],
  'persistent-volume-binder': [
    on('', 'persistentvolumes', all),
    on('', 'persistentvolumes/status persistentvolumeclaims/status', 'update'),
    on('', 'persistentvolumeclaims', 'get list update watch'),
    on('', 'pods', 'create delete get list watch'),
    on(storage, 'storageclasses', read),
    on('', 'nodes', 'get list'),
    onEvents,
  ],
  'pod-garbage-collector': [
    on('', 'pods', 'delete list watch'),
    on('', 'nodes', 'get list'),
    on('', 'pods/status', 'patch'),
  ],
  'pv-protection-controller': [on('', 'persistentvolumes', 'get list update watch'), onEvents],
  'pvc-protection-controller': [
    on('', 'persistentvolumeclaims', 'get list update watch'),
    on('', 'pods', read),
    onEvents,
  ],
  'replicaset-controller': [
    on('apps', 'replicasets', 'get list update watch'),
    on('apps', 'replicasets/finalizers replicasets/status', 'update'),
    on('', 'pods', 'create delete list patch watch'),
    onEvents,
  ],
  'replication-controller': [
    on('', 'replicationcontrollers', 'get list update watch'),
    on('', 'replicationcontrollers/finalizers replicationcontrollers/status', 'update'),
    on('', 'pods', 'create delete list patch watch'),
    onEvents,
  ],
  'resourcequota-controller': [on('*', '*', 'list watch'), on('', 'resourcequotas/status', 'update'), onEvents],
  'root-ca-cert-publisher': [on('', 'configmaps', 'create update'), onEvents],
  'route-controller': [on('', 'nodes', 'list watch'), on('', 'nodes/status', 'patch'), onEvents],
  'service-account-controller': [on('', 'serviceaccounts', 'create'), onEvents],
  'service-cidrs-controller': [
    on(networking, 'servicecidrs', 'get list patch update watch'),
    on(networking, 'servicecidrs/finalizers servicecidrs/status', 'patch update'),
    on(networking, 'ipaddresses', read),
    onEvents,
  ],
  'service-controller': [
    on('', 'services', read),
    on('', 'services/status', 'patch update'),
    on('', 'nodes', 'list watch'),
    onEvents,
  ],
  'statefulset-controller': [
    on('', 'pods', 'create delete get list patch update watch'),
    on('apps', 'statefulsets', read),
    on('apps', 'statefulsets/finalizers statefulsets/status', 'update'),
    on('apps', 'controllerrevisions', all),
    on('', 'persistentvolumeclaims', 'create delete get update'),
    onEvents,
  ],
  'taint-eviction-controller': [
    on('', 'pods', 'delete get list'),
    on('', 'nodes', 'get list'),
    on('', 'pods/status', 'patch update'),
    onEvents,
  ],
  'ttl-after-finished-controller': [on('batch', 'jobs', 'delete get list watch'), onEvents],
  'ttl-controller': [on('', 'nodes', 'list patch update watch'), onEvents],
  'validatingadmissionpolicy-status-controller': [
    on('admissionregistration.k8s.io', 'validatingadmissionpolicies', read),
    on('admissionregistration.k8s.io', 'validatingadmissionpolicies/status', 'get patch update'),
    onEvents,
  ],
  'volumeattributesclass-protection-controller': [
    on('', 'persistentvolumeclaims persistentvolumes', read),
    on(storage, 'volumeattributesclasses', 'get list update watch'),
    onEvents,
  ],
};
