import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node, Pod, PodSpec } from '../kinds/index.js';
import { filters } from './filters.js';
import { plan } from './plan.js';
import { toPodInfo } from './pod-info.js';
import { scores } from './scores.js';
import { emptyState, type NodeState, type Snapshot, withPod } from './snapshot.js';

const plugins = { preFilters: [], filters, scores };

const node = (name: string, change: Partial<Node> = {}): Node => ({
  metadata: { name, labels: { zone: name } },
  spec: {},
  status: { allocatable: { cpu: '2', memory: '1Gi', pods: '10' } },
  ...change,
});
const pod = (
  name: string,
  requests: Record<string, string> = {},
  spec: Partial<PodSpec> = {},
  owner?: string,
): Pod => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: name,
    ownerReferences: owner
      ? [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }]
      : [],
  },
  spec: { containers: [{ name: 'main', resources: { requests } }], ...spec },
});
const world = (...nodes: Node[]): Map<string, NodeState> =>
  new Map(nodes.map((each) => [each.metadata.name, emptyState(each)]));
const decide = (pods: Pod[], snapshot: Snapshot) =>
  plan(pods.map(toPodInfo), snapshot, plugins).map((action) =>
    action.do === 'bind' ? `${action.pod.pod.metadata.name} → ${action.nodeName}` : action.why,
  );
const tainted = node('c', { spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] } });

describe('where a pod goes', () => {
  const cases: [string, Pod[], Node[], string[]][] = [
    ['no nodes at all', [pod('web')], [], ['no nodes available to schedule pods']],
    [
      'refusals are counted by reason',
      [pod('web', { memory: '2Gi' })],
      [node('a'), node('b'), tainted],
      ['0/3 nodes are available: 1 node(s) had untolerated taint {dedicated: db}, 2 Insufficient memory.'],
    ],
    [
      'a toleration opens a tainted node',
      [pod('web', {}, { tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule' }] })],
      [tainted],
      ['web → c'],
    ],
    [
      'a node that is cordoned takes nothing',
      [pod('web')],
      [node('a', { spec: { unschedulable: true } })],
      ['0/1 nodes are available: 1 node(s) were unschedulable.'],
    ],
    [
      'a node selector is obeyed',
      [pod('web', {}, { nodeSelector: { zone: 'b' } })],
      [node('a'), node('b')],
      ['web → b'],
    ],
    [
      'a node selector that nothing satisfies',
      [pod('web', {}, { nodeSelector: { zone: 'x' } })],
      [node('a'), node('b')],
      ["0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."],
    ],
    [
      'one decision counts for the next',
      [pod('one', { cpu: '1500m' }), pod('two', { cpu: '1500m' }), pod('three', { cpu: '1500m' })],
      [node('a'), node('b')],
      ['one → a', 'two → b', '0/2 nodes are available: 2 Insufficient cpu.'],
    ],
    [
      'pods of one owner spread',
      [pod('one', {}, {}, 'web'), pod('two', {}, {}, 'web'), pod('three', {}, {}, 'web')],
      [node('a'), node('b'), node('c')],
      ['one → a', 'two → b', 'three → c'],
    ],
    [
      'a host port is given once a node',
      ['one', 'two'].map((name) =>
        pod(name, {}, { containers: [{ name: 'main', ports: [{ containerPort: 80, hostPort: 8080 }] }] }),
      ),
      [node('a')],
      ['one → a', "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."],
    ],
    [
      'a node takes only so many pods',
      [pod('one'), pod('two')],
      [node('a', { status: { allocatable: { cpu: '2', memory: '1Gi', pods: '1' } } })],
      ['one → a', '0/1 nodes are available: 1 Too many pods.'],
    ],
    [
      'the important go first',
      [pod('small', { cpu: '2' }), pod('big', { cpu: '2' }, { priority: 10 })],
      [node('a')],
      ['big → a', '0/1 nodes are available: 1 Insufficient cpu.'],
    ],
  ];
  it.each(cases)('%s', (_name, pods, nodes, expected) => {
    expect(decide(pods, world(...nodes))).toEqual(expected);
  });

  it('never gives away more than a node has', () => {
    const amounts = fc.record({ cpu: fc.integer({ min: 0, max: 1500 }), memory: fc.integer({ min: 0, max: 700 }) });
    fc.assert(
      fc.property(fc.array(amounts, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (needs, count) => {
        const nodes = Array.from({ length: count }, (_, index) => node(`n${index}`));
        const pods = needs.map(({ cpu, memory }, index) => pod(`p${index}`, { cpu: `${cpu}m`, memory: `${memory}Mi` }));
        const states = world(...nodes);
        for (const action of plan(pods.map(toPodInfo), states, plugins)) {
          const state = action.do === 'bind' ? states.get(action.nodeName) : undefined;
          if (state) states.set(state.name, withPod(state, action.pod));
        }
        for (const { allocatable, requested, podCount } of states.values()) {
          expect(requested['cpu'] ?? 0).toBeLessThanOrEqual((allocatable['cpu'] ?? 0) + 1e-6);
          expect(requested['memory'] ?? 0).toBeLessThanOrEqual(allocatable['memory'] ?? 0);
          expect(podCount).toBeLessThanOrEqual(10);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('decides on a thousand pods and a hundred nodes at once', () => {
    const nodes = Array.from({ length: 100 }, (_, index) =>
      node(`n${index}`, { status: { allocatable: { cpu: '32', memory: '64Gi', pods: '110' } } }),
    );
    const pods = Array.from({ length: 1000 }, (_, index) =>
      pod(`p${index}`, { cpu: '100m' }, {}, `owner${index % 20}`),
    );
    const actions = plan(pods.map(toPodInfo), world(...nodes), plugins);
    expect(actions.every((action) => action.do === 'bind')).toBe(true);
  });
});
