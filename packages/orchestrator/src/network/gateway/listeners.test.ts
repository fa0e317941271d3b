import { describe, expect, it } from 'vitest';
import type { Gateway, HTTPRoute, Labels, ListenerSet, ListenerSetListener, Secret } from '../../kinds/index.js';
import { attachmentsOf } from './attachments.js';
import { judgeListeners, type ObservedListeners } from './listeners.js';
import { toListenerSetStatus, toRouteStatus } from './status.js';

const gateway = (from: 'All' | 'Same' | 'Selector' | 'None' = 'All'): Gateway => ({
  metadata: { name: 'slipway', namespace: 'slipway-system' },
  spec: {
    gatewayClassName: 'slipway',
    allowedListeners: { namespaces: { from, selector: { matchLabels: { edge: 'yes' } } } },
    listeners: [
      { name: 'http', port: 7680, protocol: 'HTTP' },
      { name: 'https', port: 7643, protocol: 'HTTPS' },
    ],
  },
});
const parentRef = { name: 'slipway', namespace: 'slipway-system' };
const https = (hostname: string, more: Partial<ListenerSetListener> = {}): ListenerSetListener => ({
  name: 'secure',
  port: 7643,
  protocol: 'HTTPS',
  hostname,
  tls: { mode: 'Terminate', certificateRefs: [{ name: 'own' }] },
  ...more,
});
const set = (name: string, listeners: ListenerSetListener[], more: object = {}): ListenerSet => ({
  metadata: { name, namespace: 'shop', creationTimestamp: '2026-01-02T00:00:00Z', ...more },
  spec: { parentRef, listeners },
});
const route = (more: Partial<HTTPRoute['spec']> = {}, namespace = 'shop'): HTTPRoute => ({
  metadata: { name: 'web', namespace },
  spec: { parentRefs: [{ kind: 'ListenerSet', name: 'web' }], hostnames: ['shop.test'], ...more },
});
const secret: Secret = { metadata: { name: 'own', namespace: 'shop' } };
const observed = (listenerSets: ListenerSet[], more: Partial<ObservedListeners> = {}): ObservedListeners => ({
  gateways: [gateway()],
  routes: [],
  listenerSets,
  ports: { http: 7680, tls: 7643 },
  reservedHosts: ['*.apps.test'],
  namespaceLabels: (namespace): Labels => (namespace === 'shop' ? { edge: 'yes' } : {}),
  tlsSecret: (namespace, name) => (name === 'own' ? { ...secret, metadata: { name, namespace } } : undefined),
  pair: () => ({ pem: 'chain and key\n' }),
  refusal: () => undefined,
  ...more,
});

/** `Accepted Programmed ResolvedRefs Conflicted`, each with its reason. */
const said = (world: ObservedListeners, index = 0): string => {
  const [judged] = judgeListeners(world).sets.slice(index);
  const [listener] = judged ? (toListenerSetStatus(judged, () => 0, 'now').listeners ?? []) : [];
  return listener?.conditions.map(({ status, reason }) => `${status} ${reason}`).join(', ') ?? '';
};
const fine = 'True Accepted, True Programmed, True ResolvedRefs, False NoConflicts';

it('serves the certificate of a Secret for the host name of its listener', () => {
  const world = observed([set('web', [https('shop.test')])]);
  const { certificates } = judgeListeners(world);
  expect(certificates).toMatchObject([{ host: 'shop.test', pem: 'chain and key\n' }]);
  expect(certificates[0]?.file).toMatch(/^[0-9a-f]{32}\.pem$/);
  expect(said(world)).toBe(fine);
});

it('gives the file of a renewed certificate another name, so that both are there for a moment', () => {
  const sets = [set('web', [https('shop.test')])];
  const before = judgeListeners(observed(sets)).certificates[0]?.file;
  expect(judgeListeners(observed(sets)).certificates[0]?.file).toBe(before);
  expect(judgeListeners(observed(sets, { pair: () => ({ pem: 'renewed\n' }) })).certificates[0]?.file).not.toBe(before);
});

it.each<[string, Partial<ListenerSetListener>, string]>([
  ['a wildcard', { hostname: '*.shop.test' }, fine],
  ['plain HTTP', { protocol: 'HTTP', port: 7680, tls: undefined }, fine],
  [
    'a port that the gateway lacks',
    { port: 8443 },
    'False PortUnavailable, False Invalid, True ResolvedRefs, False NoConflicts',
  ],
  [
    'a protocol that it does not speak',
    { protocol: 'TCP' },
    'False UnsupportedProtocol, False Invalid, True ResolvedRefs, False NoConflicts',
  ],
  [
    'TLS that is passed through',
    { tls: { mode: 'Passthrough' } },
    'False UnsupportedProtocol, False Invalid, True ResolvedRefs, False NoConflicts',
  ],
  [
    'HTTP on the TLS port',
    { protocol: 'HTTP' },
    'False ProtocolConflict, False ProtocolConflict, True ResolvedRefs, True ProtocolConflict',
  ],
  [
    'every host name, which the gateway has itself',
    { hostname: undefined },
    'False HostnameConflict, False HostnameConflict, True ResolvedRefs, True HostnameConflict',
  ],
  [
    'the host names of the platform',
    { hostname: '*.apps.test' },
    'False HostnameConflict, False HostnameConflict, True ResolvedRefs, True HostnameConflict',
  ],
  [
    'a host name that is none',
    { hostname: 'a b' },
    'False Invalid, False Invalid, True ResolvedRefs, False NoConflicts',
  ],
  [
    'no kind of route that it knows',
    { allowedRoutes: { kinds: [{ kind: 'TCPRoute' }] } },
    'True Accepted, True Programmed, False InvalidRouteKinds, False NoConflicts',
  ],
])('says of %s what becomes of it', (_, listener, expected) => {
  expect(said(observed([set('web', [https('shop.test', listener)])]))).toBe(expected);
});

it.each<[object, Partial<ObservedListeners>, string, RegExp]>([
  [{ name: 'gone' }, {}, 'InvalidCertificateRef', /no Secret gone of type kubernetes.io\/tls in the namespace shop/],
  [{ name: 'own', namespace: 'bank' }, {}, 'RefNotPermitted', /another namespace/],
  [{ name: 'own', kind: 'ConfigMap' }, {}, 'InvalidCertificateRef', /must name a Secret/],
  [{ name: 'own' }, { pair: () => ({ problem: 'tls.crt holds none.' }) }, 'InvalidCertificateRef', /own: tls.crt/],
  [{ name: 'own' }, { refusal: () => 'HAProxy does not take it.' }, 'InvalidCertificateRef', /own: HAProxy/],
])('names what is wrong with the certificate %o and serves the others', (ref, more, reason, message) => {
  const bad = https('bad.test', { name: 'bad', tls: { certificateRefs: [ref as { name: string }] } });
  const plain: ListenerSetListener = { name: 'plain', port: 7680, protocol: 'HTTP', hostname: 'shop.test' };
  const [judged] = judgeListeners(observed([set('web', [bad, plain])], more)).sets;
  const status = judged && toListenerSetStatus(judged, () => 0, 'now');
  const [first, second] = status?.listeners ?? [];
  const of = (type: string) => first?.conditions.find((condition) => condition.type === type);
  expect(of('Accepted')).toMatchObject({ status: 'True' });
  expect(of('Programmed')).toMatchObject({ status: 'False', reason: 'Invalid' });
  expect(of('ResolvedRefs')).toMatchObject({ status: 'False', reason, message: expect.stringMatching(message) });
  expect(second?.conditions[1]).toMatchObject({ type: 'Programmed', status: 'True' });
  expect(status?.conditions?.map((condition) => `${condition.type} ${condition.status} ${condition.reason}`)).toEqual([
    'Accepted True Accepted',
    'Programmed True ListenersNotValid',
  ]);
});

it('keeps what HAProxy refuses among the files that it knows a verdict of', () => {
  const judged = judgeListeners(observed([set('web', [https('shop.test')])], { refusal: () => 'No.' }));
  expect(judged.certificates).toEqual([]);
  expect(judged.files.size).toBe(1);
});

describe('a host name', () => {
  const young = { namespace: 'bank', creationTimestamp: '2026-01-03T00:00:00Z' };
  const taken = 'False HostnameConflict, False HostnameConflict, True ResolvedRefs, True HostnameConflict';

  it('stays with the oldest ListenerSet', () => {
    const world = observed([set('late', [https('shop.test')], young), set('web', [https('shop.test')])]);
    expect([said(world, 0), said(world, 1)]).toEqual([fine, taken]);
    expect(judgeListeners(world).certificates).toHaveLength(1);
  });

  it('stays with the first by name among those of one age', () => {
    const world = observed([set('b', [https('shop.test')]), set('a', [https('shop.test')])]);
    expect(
      judgeListeners(world).sets.map(({ set: { metadata }, listeners: [first] }) => [
        metadata.name,
        first?.conflict?.reason,
      ]),
    ).toEqual([
      ['a', undefined],
      ['b', 'HostnameConflict'],
    ]);
  });

  it('is not lost to an older one that is not accepted', () => {
    const older = { creationTimestamp: '2026-01-01T00:00:00Z', namespace: 'bank' };
    const world = observed([
      set('older', [https('shop.test', { tls: { mode: 'Passthrough' } })], older),
      set('web', [https('shop.test')]),
    ]);
    expect(said(world, 1)).toBe(fine);
  });

  it('of a route is not another namespace’s, unless the route hangs on its listener', () => {
    const sets = [set('web', [https('shop.test')], { namespace: 'bank' })];
    const own = route({ parentRefs: [parentRef] });
    expect(said(observed(sets, { routes: [own] }))).toBe(taken);
    const asked = route({ parentRefs: [parentRef, { kind: 'ListenerSet', name: 'web', namespace: 'bank' }] });
    expect(said(observed(sets, { routes: [asked] }))).toBe(fine);
  });
});

it.each([
  ['All', 'bank', true],
  ['Same', 'bank', false],
  ['Same', 'slipway-system', true],
  ['Selector', 'shop', true],
  ['Selector', 'bank', false],
  ['None', 'shop', false],
] as const)('with allowedListeners from %s lets %s in: %s', (from, namespace, isIn) => {
  const judged = judgeListeners(
    observed([set('web', [https('shop.test')], { namespace })], { gateways: [gateway(from)] }),
  );
  expect(judged.certificates).toHaveLength(isIn ? 1 : 0);
  expect(judged.sets[0]?.refused?.reason).toBe(isIn ? undefined : 'NotAllowed');
});

it('leaves a ListenerSet of another gateway alone', () => {
  const other = { ...set('web', [https('shop.test')]), spec: { parentRef: { name: 'other' }, listeners: [] } };
  expect(judgeListeners(observed([other])).sets).toEqual([]);
});

describe('a route that names a ListenerSet', () => {
  const verdicts = (one: HTTPRoute, listeners: ListenerSetListener[], world: Partial<ObservedListeners> = {}) => {
    const { sets } = judgeListeners(observed([set('web', listeners)], world));
    const attachments = attachmentsOf(one, [gateway()], sets, () => ({ edge: 'yes' }));
    return toRouteStatus(one, { attachments, problems: [] }, 'now').parents.map(
      ({ conditions: [first] }) => first?.reason,
    );
  };

  it('is told so for each of its parents', () => {
    const both = route({ parentRefs: [parentRef, { kind: 'ListenerSet', name: 'web', sectionName: 'nowhere' }] });
    expect(verdicts(both, [https('shop.test')])).toEqual(['Accepted', 'NoMatchingParent']);
  });

  it.each<[string, HTTPRoute, Partial<ListenerSetListener>, string | undefined]>([
    ['hangs on a listener of its namespace', route(), {}, 'Accepted'],
    [
      'may name the port',
      route({ parentRefs: [{ kind: 'ListenerSet', name: 'web', port: 80 }] }),
      {},
      'NoMatchingParent',
    ],
    ['needs a common host name', route({ hostnames: ['other.test'] }), {}, 'NoMatchingListenerHostname'],
    ['may be under a wildcard', route({ hostnames: ['a.shop.test'] }), { hostname: '*.shop.test' }, 'Accepted'],
    ['needs a listener that is accepted', route(), { port: 1 }, 'NotAllowedByListeners'],
    [
      'needs a listener that takes its kind',
      route(),
      { allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } },
      'NotAllowedByListeners',
    ],
    [
      'of another namespace is kept out',
      route({ parentRefs: [{ kind: 'ListenerSet', name: 'web', namespace: 'shop' }] }, 'bank'),
      {},
      'NotAllowedByListeners',
    ],
    [
      'of another namespace may be let in',
      route({ parentRefs: [{ kind: 'ListenerSet', name: 'web', namespace: 'shop' }] }, 'bank'),
      { allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { edge: 'yes' } } } } },
      'Accepted',
    ],
    [
      'that does not exist hears nothing',
      route({ parentRefs: [{ kind: 'ListenerSet', name: 'gone' }] }),
      {},
      undefined,
    ],
  ])('%s', (_, one, listener, reason) => {
    expect(verdicts(one, [https('shop.test', listener)])).toEqual(reason === undefined ? [] : [reason]);
  });
});
