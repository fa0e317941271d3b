import type { JsonObject } from '../../kinds/index.js';

// What every cluster has, as upstream names and sizes it. A user may change any of it.

const queue = (queues: number, handSize: number) => ({
  type: 'Queue',
  queuing: { queues, handSize, queueLengthLimit: 50 },
});

const limited = (name: string, shares: number, lendablePercent: number, limitResponse: JsonObject): JsonObject => ({
  metadata: { name },
  spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares, lendablePercent, limitResponse } },
});

export const defaultLevels: readonly JsonObject[] = [
  {
    metadata: { name: 'exempt' },
    spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  },
  limited('catch-all', 5, 0, { type: 'Reject' }),
  limited('system', 30, 33, queue(64, 6)),
  limited('node-high', 40, 25, queue(64, 6)),
  limited('leader-election', 10, 0, queue(16, 4)),
  limited('workload-high', 40, 50, queue(128, 6)),
  limited('workload-low', 100, 90, queue(128, 6)),
  limited('global-default', 20, 50, queue(128, 6)),
];

const group = (name: string): JsonObject => ({ kind: 'Group', group: { name } });
const user = (name: string): JsonObject => ({ kind: 'User', user: { name } });
const account = (name: string): JsonObject => ({
  kind: 'ServiceAccount',
  serviceAccount: { namespace: 'kube-system', name },
});
const everybody = [group('system:unauthenticated'), group('system:authenticated')];

const resources = (
  verbs: string[],
  apiGroup: string,
  names: string[],
  clusterScope = false,
  namespaces = ['*'],
): JsonObject => ({
  verbs,
  apiGroups: [apiGroup],
  resources: names,
  ...(clusterScope && { clusterScope }),
  namespaces,
});
const anything = {
  resourceRules: [resources(['*'], '*', ['*'], true)],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const leases = { resourceRules: [resources(['get', 'create', 'update'], 'coordination.k8s.io', ['leases'])] };

function flow(
  name: string,
  matchingPrecedence: number,
  level: string,
  distinguisher: 'ByUser' | 'ByNamespace' | undefined,
  subjects: readonly JsonObject[],
  rules: JsonObject = anything,
): JsonObject {
  return {
    metadata: { name },
    spec: {
      matchingPrecedence,
      priorityLevelConfiguration: { name: level },
      ...(distinguisher && { distinguisherMethod: { type: distinguisher } }),
      rules: [{ subjects: [...subjects], ...rules }],
    },
  };
}

export const defaultFlows: readonly JsonObject[] = [
  flow('exempt', 1, 'exempt', undefined, [group('system:masters')]),
  flow('probes', 2, 'exempt', undefined, everybody, {
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  flow(
    'system-leader-election',
    100,
    'leader-election',
    'ByUser',
    [user('system:kube-controller-manager'), user('system:kube-scheduler'), account('*')],
    leases,
  ),
  flow(
    'endpoint-controller',
    150,
    'workload-high',
    'ByUser',
    [
      user('system:kube-controller-manager'),
      account('endpoint-controller'),
      account('endpointslicemirroring-controller'),
    ],
    { resourceRules: [resources(['get', 'create', 'update'], '', ['endpoints'])] },
  ),
  flow('workload-leader-election', 200, 'leader-election', 'ByUser', [account('*')], leases),
  flow('system-node-high', 400, 'node-high', 'ByUser', [group('system:nodes')], {
    resourceRules: [
      resources(['*'], '', ['nodes', 'nodes/status'], true),
      resources(['*'], 'coordination.k8s.io', ['leases']),
    ],
  }),
  flow('system-nodes', 500, 'system', 'ByUser', [group('system:nodes')]),
  flow('kube-controller-manager', 800, 'workload-high', 'ByNamespace', [user('system:kube-controller-manager')]),
  flow('kube-scheduler', 800, 'workload-high', 'ByNamespace', [user('system:kube-scheduler')]),
  flow('kube-system-service-accounts', 900, 'workload-high', 'ByNamespace', [account('*')]),
  flow('service-accounts', 9_000, 'workload-low', 'ByUser', [group('system:serviceaccounts')]),
  flow('global-default', 9_900, 'global-default', 'ByUser', everybody),
  flow('catch-all', 10_000, 'catch-all', 'ByUser', everybody),
];
