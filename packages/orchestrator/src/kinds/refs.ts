import type { KubeObject, ResourceType } from './kind.js';
import type * as types from './types.js';

function namespaced<T extends KubeObject>(group: string, kind: string, plural: string): ResourceType<T> {
  return { group, version: 'v1', plural, kind, namespaced: true };
}

function cluster<T extends KubeObject>(group: string, kind: string, plural: string): ResourceType<T> {
  return { group, version: 'v1', plural, kind, namespaced: false };
}

const admission = 'admissionregistration.k8s.io';
const gateway = 'gateway.networking.k8s.io';
const networking = 'networking.k8s.io';
const rbac = 'rbac.authorization.k8s.io';
const storage = 'storage.k8s.io';

export const namespaces = cluster<types.Namespace>('', 'Namespace', 'namespaces');
export const nodes = cluster<types.Node>('', 'Node', 'nodes');
export const pods = namespaced<types.Pod>('', 'Pod', 'pods');
export const podTemplates = namespaced<types.PodTemplate>('', 'PodTemplate', 'podtemplates');
export const replicationControllers = namespaced<types.ReplicationController>(
  '',
  'ReplicationController',
  'replicationcontrollers',
);
export const services = namespaced<types.Service>('', 'Service', 'services');
export const endpoints = namespaced<types.Endpoints>('', 'Endpoints', 'endpoints');
export const configMaps = namespaced<types.ConfigMap>('', 'ConfigMap', 'configmaps');
export const secrets = namespaced<types.Secret>('', 'Secret', 'secrets');
export const serviceAccounts = namespaced<types.ServiceAccount>('', 'ServiceAccount', 'serviceaccounts');
export const events = namespaced<types.Event>('', 'Event', 'events');
export const resourceQuotas = namespaced<types.ResourceQuota>('', 'ResourceQuota', 'resourcequotas');
export const limitRanges = namespaced<types.LimitRange>('', 'LimitRange', 'limitranges');
export const persistentVolumes = cluster<types.PersistentVolume>('', 'PersistentVolume', 'persistentvolumes');
export const persistentVolumeClaims = namespaced<types.PersistentVolumeClaim>(
  '',
  'PersistentVolumeClaim',
  'persistentvolumeclaims',
);

export const mutatingAdmissionPolicies = cluster<types.MutatingAdmissionPolicy>(
  admission,
  'MutatingAdmissionPolicy',
  'mutatingadmissionpolicies',
);
export const mutatingAdmissionPolicyBindings = cluster<types.MutatingAdmissionPolicyBinding>(
  admission,
  'MutatingAdmissionPolicyBinding',
  'mutatingadmissionpolicybindings',
);
export const mutatingWebhookConfigurations = cluster<types.MutatingWebhookConfiguration>(
  admission,
  'MutatingWebhookConfiguration',
  'mutatingwebhookconfigurations',
);
export const validatingAdmissionPolicies = cluster<types.ValidatingAdmissionPolicy>(
  admission,
  'ValidatingAdmissionPolicy',
  'validatingadmissionpolicies',
);
export const validatingAdmissionPolicyBindings = cluster<types.ValidatingAdmissionPolicyBinding>(
  admission,
  'ValidatingAdmissionPolicyBinding',
  'validatingadmissionpolicybindings',
);
export const validatingWebhookConfigurations = cluster<types.ValidatingWebhookConfiguration>(
  admission,
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
);

export const customResourceDefinitions = cluster<types.CustomResourceDefinition>(
  'apiextensions.k8s.io',
  'CustomResourceDefinition',
  'customresourcedefinitions',
);

export const apiServices = cluster<types.APIService>('apiregistration.k8s.io', 'APIService', 'apiservices');

export const controllerRevisions = namespaced<types.ControllerRevision>(
  'apps',
  'ControllerRevision',
  'controllerrevisions',
);
export const daemonSets = namespaced<types.DaemonSet>('apps', 'DaemonSet', 'daemonsets');
export const deployments = namespaced<types.Deployment>('apps', 'Deployment', 'deployments');
export const replicaSets = namespaced<types.ReplicaSet>('apps', 'ReplicaSet', 'replicasets');
export const statefulSets = namespaced<types.StatefulSet>('apps', 'StatefulSet', 'statefulsets');

export const horizontalPodAutoscalers: ResourceType<types.HorizontalPodAutoscaler> = {
  ...namespaced<types.HorizontalPodAutoscaler>('autoscaling', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  version: 'v2',
};
export const horizontalPodAutoscalersV1 = namespaced<types.HorizontalPodAutoscalerV1>(
  'autoscaling',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
);

export const cronJobs = namespaced<types.CronJob>('batch', 'CronJob', 'cronjobs');
export const jobs = namespaced<types.Job>('batch', 'Job', 'jobs');

export const certificateSigningRequests = cluster<types.CertificateSigningRequest>(
  'certificates.k8s.io',
  'CertificateSigningRequest',
  'certificatesigningrequests',
);

export const leases = namespaced<types.Lease>('coordination.k8s.io', 'Lease', 'leases');

export const endpointSlices = namespaced<types.EndpointSlice>('discovery.k8s.io', 'EndpointSlice', 'endpointslices');

export const eventsV1 = namespaced<types.EventsEvent>('events.k8s.io', 'Event', 'events');

export const flowSchemas = cluster<types.FlowSchema>('flowcontrol.apiserver.k8s.io', 'FlowSchema', 'flowschemas');
export const priorityLevelConfigurations = cluster<types.PriorityLevelConfiguration>(
  'flowcontrol.apiserver.k8s.io',
  'PriorityLevelConfiguration',
  'prioritylevelconfigurations',
);

export const ingresses = namespaced<types.Ingress>(networking, 'Ingress', 'ingresses');
export const ingressClasses = cluster<types.IngressClass>(networking, 'IngressClass', 'ingressclasses');
export const ipAddresses = cluster<types.IPAddress>(networking, 'IPAddress', 'ipaddresses');
export const networkPolicies = namespaced<types.NetworkPolicy>(networking, 'NetworkPolicy', 'networkpolicies');
export const serviceCIDRs = cluster<types.ServiceCIDR>(networking, 'ServiceCIDR', 'servicecidrs');

export const runtimeClasses = cluster<types.RuntimeClass>('node.k8s.io', 'RuntimeClass', 'runtimeclasses');

export const podDisruptionBudgets = namespaced<types.PodDisruptionBudget>(
  'policy',
  'PodDisruptionBudget',
  'poddisruptionbudgets',
);

export const roles = namespaced<types.Role>(rbac, 'Role', 'roles');
export const roleBindings = namespaced<types.RoleBinding>(rbac, 'RoleBinding', 'rolebindings');
export const clusterRoles = cluster<types.ClusterRole>(rbac, 'ClusterRole', 'clusterroles');
export const clusterRoleBindings = cluster<types.ClusterRoleBinding>(rbac, 'ClusterRoleBinding', 'clusterrolebindings');

export const priorityClasses = cluster<types.PriorityClass>('scheduling.k8s.io', 'PriorityClass', 'priorityclasses');

export const csiDrivers = cluster<types.CSIDriver>(storage, 'CSIDriver', 'csidrivers');
export const csiNodes = cluster<types.CSINode>(storage, 'CSINode', 'csinodes');
export const csiStorageCapacities = namespaced<types.CSIStorageCapacity>(
  storage,
  'CSIStorageCapacity',
  'csistoragecapacities',
);
export const storageClasses = cluster<types.StorageClass>(storage, 'StorageClass', 'storageclasses');
export const volumeAttachments = cluster<types.VolumeAttachment>(storage, 'VolumeAttachment', 'volumeattachments');
export const volumeAttributesClasses = cluster<types.VolumeAttributesClass>(
  storage,
  'VolumeAttributesClass',
  'volumeattributesclasses',
);

export const gatewayClasses = cluster<types.GatewayClass>(gateway, 'GatewayClass', 'gatewayclasses');
export const gateways = namespaced<types.Gateway>(gateway, 'Gateway', 'gateways');
export const httpRoutes = namespaced<types.HTTPRoute>(gateway, 'HTTPRoute', 'httproutes');
export const listenerSets = namespaced<types.ListenerSet>(gateway, 'ListenerSet', 'listenersets');
