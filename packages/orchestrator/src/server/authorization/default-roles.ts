import type { JsonObject } from '../../kinds/index.js';
import { controllerRoleName, controllerRoles } from './controller-roles.js';
import { change, type DefaultRole, on, onEvents, onNamed, onPaths, read } from './role-rules.js';

const aggregate = (to: string) => `rbac.authorization.k8s.io/aggregate-to-${to}`;
const apps = 'daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale';
const core =
  'configmaps persistentvolumeclaims pods replicationcontrollers replicationcontrollers/scale serviceaccounts services';
const signers = 'certificates.k8s.io';
const rbac = 'rbac.authorization.k8s.io';
const gateway = 'gateway.networking.k8s.io';
const snapshots = 'snapshot.storage.k8s.io';

/** What a node may ask of any object; what is of some nodes only is judged by the node authorizer. */
export const nodeRules: readonly JsonObject[] = [
  on('authentication.k8s.io', 'tokenreviews', 'create'),
  on('authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews', 'create'),
  on('', 'services', read),
  on('', 'nodes', 'create get list watch'),
  on('', 'nodes/status', 'patch update'),
  on('', 'nodes', 'patch update'),
  on('', 'events', 'create patch update'),
  on('', 'pods', read),
  on('', 'pods', 'create delete'),
  on('', 'pods/status', 'patch update'),
  on('', 'pods/eviction', 'create'),
  on('', 'configmaps secrets', read),
  on('', 'persistentvolumeclaims persistentvolumes', 'get'),
  on('', 'endpoints', 'get'),
  on(signers, 'certificatesigningrequests', 'create get list watch'),
  on('coordination.k8s.io', 'leases', 'create delete get patch update'),
  on('storage.k8s.io', 'volumeattachments', 'get'),
  on('', 'serviceaccounts/token', 'create'),
  on('', 'persistentvolumeclaims/status', 'get patch update'),
  on('storage.k8s.io', 'csidrivers', read),
  on('storage.k8s.io', 'csinodes', 'create delete get patch update'),
  on('node.k8s.io', 'runtimeclasses', read),
];

const workloadRoles: readonly DefaultRole[] = [
  { name: 'admin', sumOf: aggregate('admin') },
  { name: 'edit', labels: { [aggregate('admin')]: 'true' }, sumOf: aggregate('edit') },
  { name: 'view', labels: { [aggregate('edit')]: 'true' }, sumOf: aggregate('view') },
  {
    name: 'system:aggregate-to-admin',
    labels: { [aggregate('admin')]: 'true' },
    rules: [
      on('authorization.k8s.io', 'localsubjectaccessreviews', 'create'),
      on(rbac, 'rolebindings roles', 'create delete deletecollection get list patch update watch'),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    labels: { [aggregate('edit')]: 'true' },
    rules: [
      on('', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy', read),
      on('', 'serviceaccounts', 'impersonate'),
      on('', 'pods pods/attach pods/exec pods/portforward pods/proxy', change),
      on('', 'pods/eviction', 'create'),
      on('', `${core} events secrets services/proxy`.replace('pods ', ''), change),
      on('', 'serviceaccounts/token', 'create'),
      on('apps', `${apps} deployments/rollback`, change),
      on('autoscaling', 'horizontalpodautoscalers', change),
      on('batch', 'cronjobs jobs', change),
      on('networking.k8s.io', 'ingresses networkpolicies', change),
      on('policy', 'poddisruptionbudgets', change),
      on('coordination.k8s.io', 'leases', 'create delete deletecollection get list patch update watch'),
      on('events.k8s.io', 'events', change),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    labels: { [aggregate('view')]: 'true' },
    rules: [
      on('', `${core} endpoints persistentvolumeclaims/status services/status`, read),
      on('', 'bindings events limitranges namespaces/status pods/log pods/status resourcequotas', read),
      on('', 'replicationcontrollers/status resourcequotas/status namespaces', read),
      on('discovery.k8s.io', 'endpointslices', read),
      on('apps', `controllerrevisions ${apps}`, read),
      on('apps', 'daemonsets/status deployments/status replicasets/status statefulsets/status', read),
      on('autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status', read),
      on('batch', 'cronjobs cronjobs/status jobs jobs/status', read),
      on('networking.k8s.io', 'ingresses ingresses/status networkpolicies', read),
      on('policy', 'poddisruptionbudgets poddisruptionbudgets/status', read),
      on('events.k8s.io', 'events', read),
    ],
  },
  {
    name: 'slipway:aggregate-to-edit',
    labels: { [aggregate('edit')]: 'true' },
    rules: [
      on(
        gateway,
        'backendtlspolicies gateways grpcroutes httproutes listenersets referencegrants tcproutes tlsroutes udproutes',
        change,
      ),
      on(snapshots, 'volumesnapshots', change),
    ],
  },
  {
    name: 'slipway:aggregate-to-view',
    labels: { [aggregate('view')]: 'true' },
    rules: [
      on(
        gateway,
        'backendtlspolicies gateways grpcroutes httproutes listenersets referencegrants tcproutes tlsroutes udproutes',
        read,
      ),
      on(snapshots, 'volumesnapshots', read),
    ],
  },
  {
    name: 'system:aggregated-metrics-reader',
    labels: { [aggregate('admin')]: 'true', [aggregate('edit')]: 'true', [aggregate('view')]: 'true' },
    rules: [on('metrics.k8s.io', 'nodes pods', read)],
  },
];

const userRoles: readonly DefaultRole[] = [
  {
    name: 'cluster-admin',
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, onPaths('*', '*')],
  },
  {
    name: 'system:basic-user',
    rules: [
      on('authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews', 'create'),
      on('authentication.k8s.io', 'selfsubjectreviews', 'create'),
    ],
  },
  {
    name: 'system:discovery',
    rules: [onPaths('/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/')],
  },
  { name: 'system:public-info-viewer', rules: [onPaths('/healthz /livez /readyz /version /version/')] },
  {
    name: 'system:monitoring',
    rules: [onPaths('/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*')],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [onPaths('/.well-known/openid-configuration /openid/v1/jwks')],
  },
];

const componentRoles: readonly DefaultRole[] = [
  {
    name: 'system:heapster',
    rules: [on('', 'events namespaces nodes pods', read), on('apps', 'deployments', read)],
  },
  { name: 'system:node', rules: nodeRules },
  {
    name: 'system:node-problem-detector',
    rules: [on('', 'nodes', 'get'), on('', 'nodes/status', 'patch'), onEvents],
  },
  {
    name: 'system:node-proxier',
    rules: [
      on('', 'endpoints services', 'list watch'),
      on('', 'nodes', read),
      onEvents,
      on('discovery.k8s.io', 'endpointslices', 'list watch'),
      on('networking.k8s.io', 'servicecidrs', 'list watch'),
    ],
  },
  { name: 'system:kubelet-api-admin', rules: [on('', 'nodes', 'get list watch proxy'), on('', 'nodes/*', '*')] },
  { name: 'system:node-bootstrapper', rules: [on(signers, 'certificatesigningrequests', 'create get list watch')] },
  {
    name: 'system:auth-delegator',
    rules: [
      on('authentication.k8s.io', 'tokenreviews', 'create'),
      on('authorization.k8s.io', 'subjectaccessreviews', 'create'),
    ],
  },
  { name: 'system:kube-aggregator', rules: [on('', 'endpoints services', read)] },
  {
    name: 'system:kube-controller-manager',
    rules: [
      onEvents,
      on('coordination.k8s.io', 'leases', 'create'),
      onNamed('coordination.k8s.io', 'leases', 'kube-controller-manager', 'get update'),
      on('', 'secrets serviceaccounts', 'create'),
      on('', 'secrets', 'delete'),
      on('', 'configmaps namespaces secrets serviceaccounts', 'get'),
      on('', 'secrets serviceaccounts', 'update'),
      on('authentication.k8s.io', 'tokenreviews', 'create'),
      on('authorization.k8s.io', 'subjectaccessreviews', 'create'),
      on('*', '*', 'list watch'),
      on('', 'serviceaccounts/token', 'create'),
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      onEvents,
      on('coordination.k8s.io', 'leases', 'create'),
      onNamed('coordination.k8s.io', 'leases', 'kube-scheduler', 'get update'),
      on('coordination.k8s.io', 'leasecandidates', 'create delete deletecollection get list patch update watch'),
      on('', 'nodes', read),
      on('', 'pods', 'delete get list watch'),
      on('', 'bindings pods/binding', 'create'),
      on('', 'pods/status', 'patch update'),
      on('', 'replicationcontrollers services', read),
      on('apps', 'replicasets statefulsets', read),
      on('policy', 'poddisruptionbudgets', read),
      on('', 'persistentvolumeclaims persistentvolumes namespaces', read),
      on('authentication.k8s.io', 'tokenreviews', 'create'),
      on('authorization.k8s.io', 'subjectaccessreviews', 'create'),
      on('storage.k8s.io', 'csinodes csidrivers csistoragecapacities', read),
    ],
  },
  { name: 'system:kube-dns', rules: [on('', 'endpoints services', 'list watch')] },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      on('', 'persistentvolumes', 'create delete get list watch'),
      on('', 'persistentvolumeclaims', 'get list update watch'),
      on('storage.k8s.io', 'storageclasses', read),
      on('', 'events', 'watch'),
      onEvents,
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      on('', 'persistentvolumes', 'get list patch update watch'),
      on('storage.k8s.io', 'storageclasses', read),
      on('', 'persistentvolumeclaims', 'get list patch update watch'),
    ],
  },
];

const certificateRoles: readonly DefaultRole[] = [
  ['nodeclient', 'certificatesigningrequests/nodeclient'],
  ['selfnodeclient', 'certificatesigningrequests/selfnodeclient'],
].map(([name, resource]) => ({
  name: `system:certificates.k8s.io:certificatesigningrequests:${name}`,
  rules: [on(signers, resource ?? '', 'create')],
}));

const approverRoles: readonly DefaultRole[] = [
  ['legacy-unknown-approver', 'kubernetes.io/legacy-unknown'],
  ['kubelet-serving-approver', 'kubernetes.io/kubelet-serving'],
  ['kube-apiserver-client-approver', 'kubernetes.io/kube-apiserver-client'],
  ['kube-apiserver-client-kubelet-approver', 'kubernetes.io/kube-apiserver-client-kubelet'],
].map(([name, signer]) => ({
  name: `system:certificates.k8s.io:${name}`,
  rules: [onNamed(signers, 'signers', signer ?? '', 'approve')],
}));

export const defaultRoles: readonly DefaultRole[] = [
  ...userRoles,
  ...workloadRoles,
  ...componentRoles,
  ...certificateRoles,
  ...approverRoles,
  ...Object.entries(controllerRoles).map(([name, rules]) => ({ name: controllerRoleName(name), rules })),
];

interface DefaultBinding {
  readonly name: string;
  /** The cluster role's name where it is another. */
  readonly role?: string;
  readonly groups?: readonly string[];
  readonly users?: readonly string[];
}

/** The bindings for the whole cluster. `system:node` has no subjects: the node authorizer judges nodes. */
export const defaultBindings: readonly DefaultBinding[] = [
  { name: 'cluster-admin', groups: ['system:masters'] },
  { name: 'system:monitoring', groups: ['system:monitoring'] },
  { name: 'system:discovery', groups: ['system:authenticated'] },
  { name: 'system:basic-user', groups: ['system:authenticated'] },
  { name: 'system:public-info-viewer', groups: ['system:authenticated', 'system:unauthenticated'] },
  { name: 'system:node-proxier', users: ['system:kube-proxy'] },
  { name: 'system:kube-controller-manager', users: ['system:kube-controller-manager'] },
  { name: 'system:kube-dns', users: ['system:serviceaccount:kube-system:kube-dns'] },
  { name: 'system:kube-scheduler', users: ['system:kube-scheduler'] },
  { name: 'system:volume-scheduler', users: ['system:kube-scheduler'] },
  { name: 'system:node' },
  { name: 'system:service-account-issuer-discovery', groups: ['system:serviceaccounts'] },
  ...Object.keys(controllerRoles).map((name) => ({
    name: controllerRoleName(name),
    users: [`system:serviceaccount:kube-system:${name}`],
  })),
];

interface DefaultNamespacedRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly JsonObject[];
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
}

/** Roles within a namespace, each with its binding. */
export const defaultNamespacedRoles: readonly DefaultNamespacedRole[] = [
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: [onNamed('', 'configmaps', 'extension-apiserver-authentication', 'get list watch')],
    users: ['system:kube-controller-manager', 'system:kube-scheduler'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-controller-manager',
    rules: [on('', 'configmaps', 'watch'), onNamed('', 'configmaps', 'kube-controller-manager', 'get update')],
    users: ['system:kube-controller-manager'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-scheduler',
    rules: [on('', 'configmaps', 'watch'), onNamed('', 'configmaps', 'kube-scheduler', 'get update')],
    users: ['system:kube-scheduler'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:bootstrap-signer',
    rules: [on('', 'secrets', read)],
    users: ['system:serviceaccount:kube-system:bootstrap-signer'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: [on('', 'secrets', 'get list watch delete'), onEvents],
    users: ['system:serviceaccount:kube-system:token-cleaner'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: [on('', 'configmaps', 'create get list watch')],
    users: ['system:serviceaccount:kube-system:cloud-provider'],
  },
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [on('', 'configmaps', read), onNamed('', 'configmaps', 'cluster-info', 'update'), onEvents],
    users: ['system:serviceaccount:kube-system:bootstrap-signer'],
  },
];
