import { expect, it } from 'vitest';
import {
  defaultNetwork,
  innerRanges,
  isClosedRange,
  isReachable,
  type Mode,
  planBuildPolicy,
  planPolicy,
} from './network-policies.rules.js';

const place = { tenant: 'acme', project: 'shop', environment: 'production', namespace: 'acme-shop-production' };
const inner = ['10.9.0.1/32', '100.64.0.0/17'];
const outsideOf = (network: Partial<typeof defaultNetwork>) =>
  planPolicy(place, { ...defaultNetwork, ...network }, inner).spec.egress?.slice(2);

it.each<[Mode, object]>([
  ['tenant', { 'slipway.dev/tenant': 'acme' }],
  ['project', { 'slipway.dev/tenant': 'acme', 'slipway.dev/project': 'shop' }],
  [
    'namespace',
    { 'slipway.dev/tenant': 'acme', 'slipway.dev/project': 'shop', 'slipway.dev/environment': 'production' },
  ],
])('closes a namespace but for its %s, the gateway and DNS', (mode, matchLabels) => {
  const { spec } = planPolicy(place, { ...defaultNetwork, mode, egress: 'closed' }, inner);
  expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
  const neighbours = {
    namespaceSelector: { matchLabels, matchExpressions: [{ key: 'slipway.dev/environment', operator: 'Exists' }] },
  };
  expect(spec.ingress).toEqual([
    { from: [neighbours, { namespaceSelector: { matchLabels: { 'slipway.dev/gateway': 'true' } } }] },
  ]);
  expect(spec.egress?.[0]).toEqual({ to: [neighbours] });
  expect(spec.egress?.[1]?.ports).toEqual([
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ]);
  expect(spec.egress).toHaveLength(2);
});

it('lets out to everything but the inside of the cluster, metadata and loopback', () => {
  expect(outsideOf({ egress: 'open' })).toEqual([
    {
      to: [
        {
          ipBlock: {
            cidr: '0.0.0.0/0',
            except: ['127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', ...inner],
          },
        },
      ],
    },
  ]);
});

it('lets out to a list, never to the inside that a range of it holds', () => {
  const ports = [{ protocol: 'TCP' as const, port: 443 }];
  const allow = [
    { cidr: '203.0.113.0/24', ports },
    { cidr: '10.0.0.0/8' },
    { cidr: '100.64.3.0/24' },
    { cidr: '169.254.169.254/32' },
  ];
  expect(outsideOf({ egress: 'list', allow })).toEqual([
    { to: [{ ipBlock: { cidr: '203.0.113.0/24' } }], ports },
    { to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.9.0.1/32'] } }] },
  ]);
  expect(outsideOf({ egress: 'closed', allow })).toEqual([]);
});

it('leaves pods that may go everywhere the gateway of the nodes, and nothing else of them', () => {
  const outside = (egress: 'open' | 'closed') =>
    planPolicy(place, { ...defaultNetwork, egress }, ['10.9.0.1/32', '100.64.0.0/17', '127.0.0.1/32'], [80, 443]).spec
      .egress;
  expect(outside('open')?.at(-1)).toEqual({
    to: [{ ipBlock: { cidr: '10.9.0.1/32' } }],
    ports: [
      { protocol: 'TCP', port: 80 },
      { protocol: 'TCP', port: 443 },
    ],
  });
  expect(JSON.stringify(outside('closed'))).not.toContain('10.9.0.1');
});

it('gives build pods the API and DNS, and outside only where builds may', () => {
  const closed = planBuildPolicy('slipway-builds-acme', 'acme', 'closed', inner).spec;
  expect(closed.ingress).toEqual([]);
  expect(closed.egress).toHaveLength(2);
  expect(planBuildPolicy('slipway-builds-acme', 'acme', 'open', inner).spec.egress).toHaveLength(3);
});

it.each<[Mode, Mode, boolean, boolean]>([
  ['tenant', 'tenant', true, true],
  ['tenant', 'project', true, false],
  ['project', 'project', true, false],
  ['tenant', 'namespace', false, false],
])('reaches from %s to %s within a project: %s, across: %s', (from, to, within, across) => {
  const source = { ...place, mode: from };
  expect(isReachable(source, { ...place, environment: 'staging', namespace: 's', mode: to })).toBe(within);
  expect(isReachable(source, { ...place, project: 'other', namespace: 'o', mode: to })).toBe(across);
  expect(isReachable({ ...place, mode: to }, { ...place, mode: to })).toBe(true);
});

it('takes the ranges of pods and the addresses of nodes as the inside', () => {
  expect(innerRanges([{ podCidrs: ['100.64.0.0/17', 'fd00::/64'], addresses: ['10.0.0.4', '::1', 'n1'] }])).toEqual([
    '10.0.0.4/32',
    '100.64.0.0/17',
  ]);
});

it.each([
  ['169.254.169.254/32', true],
  ['127.0.0.0/8', true],
  ['0.0.0.0/0', false],
  ['203.0.113.0/24', false],
])('knows whether %s is closed for ever: %s', (cidr, isClosed) => {
  expect(isClosedRange(cidr)).toBe(isClosed);
});
