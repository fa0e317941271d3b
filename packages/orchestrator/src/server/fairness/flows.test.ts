import { expect, test } from 'vitest';
import { requestInfoOf } from '../front/request-info.js';
import { defaultFlows, defaultLevels } from './default-flows.js';
import { compileFlows } from './flows.js';

const flows = compileFlows(defaultFlows);

function flowOf(name: string, groups: readonly string[], method: string, pathname: string): string {
  const path = pathname.split('/').filter(Boolean);
  const info = requestInfoOf(method, pathname, path, new URLSearchParams());
  return flows.find((each) => each.matches({ name, groups }, info))?.name ?? 'none';
}

const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/one';
const pods = '/api/v1/namespaces/default/pods';
const authenticated = 'system:authenticated';
const account = ['system:serviceaccounts', authenticated];

test.each([
  ['admin', ['system:masters', authenticated], 'GET', pods, 'exempt'],
  ['system:anonymous', ['system:unauthenticated'], 'GET', '/readyz', 'probes'],
  ['system:anonymous', ['system:unauthenticated'], 'GET', pods, 'global-default'],
  ['system:kube-scheduler', [authenticated], 'PUT', lease, 'system-leader-election'],
  ['system:kube-scheduler', [authenticated], 'GET', pods, 'kube-scheduler'],
  ['system:serviceaccount:kube-system:dns', account, 'PUT', lease, 'system-leader-election'],
  ['system:serviceaccount:kube-system:dns', account, 'GET', pods, 'kube-system-service-accounts'],
  ['system:serviceaccount:default:app', account, 'GET', pods, 'service-accounts'],
  ['system:node:one', ['system:nodes', authenticated], 'PUT', lease, 'system-node-high'],
  ['system:node:one', ['system:nodes', authenticated], 'PATCH', '/api/v1/nodes/one/status', 'system-node-high'],
  ['system:node:one', ['system:nodes', authenticated], 'GET', pods, 'system-nodes'],
  ['someone', [authenticated], 'GET', '/apis', 'global-default'],
  ['nobody', [], 'GET', pods, 'none'],
])('%s (%j) %s %s is of the flow %s', (name, groups, method, path, expected) => {
  expect(flowOf(name, groups, method, path)).toBe(expected);
});

test('every flow leads to a level', () => {
  const levels = defaultLevels.map((each) => (each.metadata as { name: string }).name);
  for (const flow of flows) expect(levels).toContain(flow.level);
});
