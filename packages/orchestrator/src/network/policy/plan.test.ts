import { expect, it } from 'vitest';
import type { Labels, NetworkPolicy } from '../../kinds/index.js';
import type { HostPeer, Observed, PodFact, PolicyRules } from './facts.js';
import { observe } from './observe.js';
import { planRules } from './plan.js';
import { noRules, toChanges, toRuleset } from './ruleset.js';

const tables = { table: 'slipway_t', bridge: 'slwt', podCidr: '100.96.0.0/17', hasBridgeFamily: true };
const podOf = (name: string, ip: string, namespace = 'shop'): PodFact => ({
  namespace,
  name,
  ip,
  labels: { app: name },
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
});
const web = podOf('web', '100.96.0.2');
const db = podOf('db', '100.96.0.3');
const other = podOf('web', '100.96.0.4', 'bank');
const dns: HostPeer = {
  namespace: 'kube-system',
  labels: { 'k8s-app': 'kube-dns' },
  ip: '100.96.0.1',
  ports: [
    { name: 'dns', protocol: 'UDP', port: 53 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  ],
};
const world = (policies: readonly NetworkPolicy[], pods: readonly PodFact[] = [web, db, other]): Observed => ({
  podCidr: tables.podCidr,
  pods,
  hostPeers: [dns],
  namespaces: new Map<string, Labels>([
    ['shop', { team: 'red' }],
    ['bank', {}],
  ]),
  policies,
});
const policy = (name: string, spec: NetworkPolicy['spec']): NetworkPolicy => ({
  metadata: { name, namespace: 'shop' },
  spec,
});
/** What an isolated pod's chain jumps to, as rules. */
const linesOf = (rules: PolicyRules, map: 'ingress' | 'egress', ip: string) =>
  (rules.chains.get(rules[map].get(ip) ?? '') ?? []).flatMap(
    (line) => rules.chains.get(line.replace('jump ', '')) ?? [line],
  );
const elementsIn = (rules: PolicyRules, line = '') => [
  ...(rules.sets.get(/@(\S+)/.exec(line)?.[1] ?? '')?.elements ?? []),
];

it('isolates nobody without a policy, and knows every pod', () => {
  const rules = planRules(world([]));
  expect([rules.ingress.size, rules.egress.size, rules.chains.size]).toEqual([0, 0, 0]);
  expect([...rules.known]).toEqual(['100.96.0.2', '100.96.0.3', '100.96.0.4']);
});

it.each([
  ['ingress by default', {}, [2, 0]],
  ['both where egress has rules', { egress: [{}] }, [2, 2]],
  ['what is named', { policyTypes: ['Egress'] }, [0, 2]],
])('isolates %s', (_, more, sizes) => {
  const rules = planRules(world([policy('p', { podSelector: {}, ...more })]));
  expect([rules.ingress.size, rules.egress.size]).toEqual(sizes);
});

it.each<[string, NetworkPolicy['spec'], string[]]>([
  ['nothing by no rule', { podSelector: {}, ingress: [] }, ['drop']],
  ['everything by an empty rule', { podSelector: {}, ingress: [{}] }, ['accept', 'drop']],
  [
    'ranges of addresses without exceptions',
    { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }] },
    ['ip saddr 10.0.0.0/8 ip saddr != { 10.1.0.0/16 } accept', 'drop'],
  ],
  [
    'ports by protocol',
    { podSelector: {}, ingress: [{ ports: [{ port: 80 }, { port: 90, endPort: 99 }, { protocol: 'SCTP' }] }] },
    ['tcp dport { 80, 90-99 } accept', 'meta l4proto sctp accept', 'drop'],
  ],
])('accepts %s', (_, spec, lines) => {
  expect(linesOf(planRules(world([policy('p', spec)])), 'ingress', web.ip)).toEqual(lines);
});

it('takes peers of the policy’s own namespace unless it names others', () => {
  const from = (peer: object) => {
    const rules = planRules(world([policy('p', { podSelector: {}, ingress: [{ from: [peer] }] })]));
    return elementsIn(rules, linesOf(rules, 'ingress', web.ip)[0]);
  };
  expect(from({ podSelector: {} })).toEqual([web.ip, db.ip]);
  expect(from({ namespaceSelector: {} })).toEqual([web.ip, db.ip, other.ip]);
  expect(from({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'bank' } } })).toEqual([other.ip]);
  expect(from({ namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } })).toEqual([web.ip, other.ip]);
});

it('reads the name of a port in the pod that is called', () => {
  const rules = planRules(world([policy('p', { podSelector: {}, ingress: [{ ports: [{ port: 'http' }] }] })]));
  expect(elementsIn(rules, linesOf(rules, 'ingress', web.ip)[0])).toEqual([
    `${web.ip} . tcp . 8080`,
    `${db.ip} . tcp . 8080`,
  ]);
});

it('leads to the machine’s DNS and to nothing else on that address', () => {
  const to = [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }];
  const rules = planRules(
    world([
      policy('p', {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [{ to, ports: [{ port: 53, protocol: 'UDP' }] }],
      }),
    ]),
  );
  const host = linesOf(rules, 'egress', web.ip).find((line) => line.includes('th dport')) ?? '';
  expect(elementsIn(rules, host)).toEqual(['100.96.0.1 . udp . 53']);
});

it('does for one pod more what that pod is in, and nothing for what stands', () => {
  const policies = [
    policy('deny', { podSelector: {} }),
    policy('allow', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }),
  ];
  const before = planRules(world(policies));
  expect(toChanges(before, planRules(world(policies)), tables)).toBe('');
  const changes = toChanges(before, planRules(world(policies, [web, db, other, podOf('new', '100.96.0.9')])), tables);
  expect(changes.trim().split('\n')).toHaveLength(4);
  expect(changes).not.toContain('chain');
});

it('takes out what nothing uses any more, last what others refer to', () => {
  const before = planRules(world([policy('p', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] })]));
  const changes = toChanges(before, planRules(world([])), tables);
  const at = (text: string) => changes.indexOf(text);
  expect(at('delete element')).toBeLessThan(at('flush chain'));
  expect(at('flush chain')).toBeLessThan(at('delete chain'));
  expect(at('delete chain')).toBeLessThan(at('delete set'));
});

it('replaces its own tables only, and in one go', () => {
  expect(toRuleset(noRules, tables).match(/^(add|delete) table .*$/gm)).toEqual(
    ['ip', 'ip6', 'bridge'].flatMap((family) => [
      `add table ${family} slipway_t_policy`,
      `delete table ${family} slipway_t_policy`,
    ]),
  );
});

it('gives an address to the pod that got it last', () => {
  const pod = (uid: string, phase: string, creationTimestamp: string) => ({
    metadata: { uid, name: uid, namespace: 'shop', creationTimestamp },
    spec: { containers: [] },
    status: { phase, podIP: '100.96.0.2' },
  });
  const common = { podCidr: tables.podCidr, namespaces: [], policies: [], hostPeers: [] };
  const [old, young, ended] = [
    pod('old', 'Running', '2026-01-01'),
    pod('young', 'Running', '2026-01-02'),
    pod('ended', 'Succeeded', '2026-01-03'),
  ];
  expect(observe({ ...common, pods: [old, young, ended], early: new Map() }).pods.map((one) => one.name)).toEqual([
    'young',
  ]);
  const early = new Map([['told', { pod: pod('told', 'Pending', '2026-01-01'), ip: '100.96.0.2' }]]);
  expect(observe({ ...common, pods: [old, young], early }).pods.map((one) => one.name)).toEqual(['told']);
});
