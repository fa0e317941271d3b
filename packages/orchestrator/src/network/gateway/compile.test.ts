import { expect, it } from 'vitest';
import type { EndpointSlice, Gateway, HTTPRoute, HTTPRouteRule, Service } from '../../kinds/index.js';
import { compile, type Observed, serversOf } from './compile.js';
import { parseDurationMs } from './duration.js';
import { planHaproxy } from './haproxy-config.js';
import { toThousandths } from './model.js';
import { planChanges } from './plan-changes.js';

const gateway: Gateway = {
  metadata: { name: 'slipway', namespace: 'slipway-system' },
  spec: { gatewayClassName: 'slipway', listeners: [] },
};
const slice = (ready: boolean, serving: boolean, ip: string): EndpointSlice => ({
  addressType: 'IPv4',
  metadata: { name: ip, namespace: 'shop' },
  ports: [{ name: 'http', port: 8080 }],
  endpoints: [{ addresses: [ip], conditions: { ready, serving } }],
});
const service: Service = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: { ports: [{ name: 'http', port: 80 }] },
};
const route = (name: string, rules: HTTPRouteRule[], more: Partial<HTTPRoute['spec']> = {}): HTTPRoute => ({
  metadata: { name, namespace: 'shop' },
  spec: { parentRefs: [{ name: 'slipway', namespace: 'slipway-system' }], hostnames: ['Shop.test'], rules, ...more },
});
const observed = (...routes: HTTPRoute[]): Observed => ({
  gateways: [gateway],
  routes,
  listenerSets: [],
  ports: { http: 7680, tls: 7643 },
  reservedHosts: [],
  namespaceLabels: () => undefined,
  tlsSecret: () => undefined,
  pair: () => ({ problem: 'none' }),
  refusal: () => undefined,
  service: (namespace, name) => (namespace === 'shop' && name === 'web' ? service : undefined),
  endpointSlices: () => [slice(true, true, '100.64.0.2')],
});
const options = { directory: '/gateway', bind: '127.0.0.1', httpPort: 7680 };

it('resolves a route to a backend with the ready endpoints', () => {
  const { model, routes } = compile(observed(route('web', [{ backendRefs: [{ name: 'web', port: 80 }] }])));
  expect(model.backends).toEqual([{ name: 'shop_web_80', servers: ['100.64.0.2:8080'] }]);
  expect(model.rules).toMatchObject([{ host: 'shop.test', targets: [{ backend: 'shop_web_80', weight: 1000 }] }]);
  expect(routes.get('shop/web')?.problems).toEqual([]);
});

it('ignores a route that hangs on another gateway', () => {
  const other = route('web', [{ backendRefs: [{ name: 'web', port: 80 }] }], { parentRefs: [{ name: 'other' }] });
  expect(compile(observed(other)).model.rules).toEqual([]);
});

it('leads by a route of one kind of listeners only who asks in that way', () => {
  const listeners = [
    { name: 'http', port: 7680, protocol: 'HTTP' },
    { name: 'https', port: 7643, protocol: 'HTTPS' },
  ];
  const of = (name: string, more: { sectionName?: string; port?: number }) =>
    route(name, [{ backendRefs: [{ name: 'web', port: 80 }] }], {
      parentRefs: [{ name: 'slipway', namespace: 'slipway-system', ...more }],
    });
  const routes = [
    of('a', { sectionName: 'http' }),
    of('b', { sectionName: 'https' }),
    of('c', { port: 7643 }),
    of('d', {}),
  ];
  const given = { ...observed(...routes), gateways: [{ ...gateway, spec: { ...gateway.spec, listeners } }] };
  const asked = (each: Observed) => compile(each).model.rules.map(({ conditions }) => conditions);
  const [plain, tls] = [[{ on: 'scheme', value: 'http' }], [{ on: 'scheme', value: 'https' }]];
  expect(asked(given)).toEqual([plain, tls, tls, []]);
  // Where there is no TLS there is nothing to tell apart.
  expect(asked({ ...given, ports: { http: 7680 } })).toEqual([[], [], [], []]);
});

it.each([
  [{ name: 'gone', port: 80 }, 'BackendNotFound'],
  [{ name: 'web', port: 81 }, 'BackendNotFound'],
  [{ name: 'web', namespace: 'bank', port: 80 }, 'RefNotPermitted'],
  [{ name: 'web', kind: 'Bucket', port: 80 }, 'InvalidKind'],
])('answers 500 for a reference %o and says %s', (ref, reason) => {
  const { model, routes } = compile(observed(route('web', [{ backendRefs: [ref] }])));
  expect(model.rules[0]?.targets).toEqual([{ backend: 'invalid', weight: 1000 }]);
  expect(routes.get('shop/web')?.problems).toMatchObject([{ condition: 'ResolvedRefs', reason }]);
});

it('tries exact paths, then longer prefixes, then more conditions', () => {
  const rules: HTTPRouteRule[] = [
    { matches: [{ path: { type: 'PathPrefix', value: '/' } }] },
    { matches: [{ path: { type: 'PathPrefix', value: '/a/' } }, { path: { type: 'Exact', value: '/x' } }] },
    { matches: [{ path: { type: 'PathPrefix', value: '/a' }, headers: [{ name: 'Lane', value: 'b' }] }] },
  ];
  const { model } = compile(observed(route('web', rules)));
  expect(model.rules.map((rule) => `${rule.path.type} ${rule.path.value} ${rule.conditions.length}`)).toEqual([
    'Exact /x 0',
    'PathPrefix /a 1',
    'PathPrefix /a 0',
    'PathPrefix / 0',
  ]);
});

it('resolves mirrors to thousandths and leaves out those that lead nowhere', () => {
  const mirror = (name: string, more: object) => ({
    type: 'RequestMirror' as const,
    requestMirror: { backendRef: { name, port: 80 }, ...more },
  });
  const filters = [mirror('web', { percent: 5 }), mirror('web', { fraction: { numerator: 1, denominator: 3 } })];
  const { model, routes } = compile(observed(route('web', [{ filters: [...filters, mirror('gone', {})] }])));
  expect(model.rules[0]?.mirrors).toEqual([
    { backend: 'shop_web_80', share: 50 },
    { backend: 'shop_web_80', share: 333 },
  ]);
  expect(routes.get('shop/web')?.problems).toMatchObject([{ condition: 'ResolvedRefs', reason: 'BackendNotFound' }]);
});

it.each([
  [{ 'slipway.dev/traffic-key': 'cookie:uid' }, { key: 'cookie:uid', seed: '' }],
  [
    { 'slipway.dev/traffic-key': 'gateway', 'slipway.dev/traffic-seed': 'r7' },
    { key: 'gateway', seed: 'r7' },
  ],
  [{ 'slipway.dev/traffic-key': 'cookie:u id' }, undefined],
  [{ 'slipway.dev/traffic-key': 'gateway', 'slipway.dev/traffic-seed': 'a b' }, undefined],
])('reads the user key from the annotations %o', (annotations, stickyBy) => {
  const plain = route('web', [{ backendRefs: [{ name: 'web', port: 80 }] }]);
  const { model, routes } = compile(observed({ ...plain, metadata: { ...plain.metadata, annotations } }));
  expect(model.rules[0]?.stickyBy).toEqual(stickyBy);
  expect(routes.get('shop/web')?.problems).toHaveLength(stickyBy ? 0 : 1);
});

it('serves from ending endpoints only while none is ready', () => {
  expect(serversOf([slice(true, true, '1.1.1.1'), slice(false, true, '1.1.1.2')], 'http')).toEqual(['1.1.1.1:8080']);
  expect(serversOf([slice(false, false, '1.1.1.1'), slice(false, true, '1.1.1.2')], 'http')).toEqual(['1.1.1.2:8080']);
  expect(serversOf([slice(true, true, '1.1.1.1')], 'grpc')).toEqual([]);
});

it.each([
  [[1], [1000]],
  [
    [1, 1, 1],
    [334, 333, 333],
  ],
  [
    [90, 10],
    [900, 100],
  ],
  [
    [999, 1],
    [999, 1],
  ],
  [
    [0, 5],
    [0, 1000],
  ],
  [
    [0, 0],
    [0, 0],
  ],
])('shares weights %o out as %o', (weights, shares) => {
  expect(toThousandths(weights)).toEqual(shares);
});

it.each([
  ['1s', 1000],
  ['1m30s', 90_000],
  ['250ms', 250],
  ['1h', 3_600_000],
  ['1.5s', undefined],
  ['', undefined],
])('reads the duration %o as %o', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

it('a change of weight keeps the structure and is one value', () => {
  const at = (canary: number) => {
    const backendRefs = [
      { name: 'web', port: 80, weight: 100 - canary },
      { name: 'gone', port: 80, weight: canary },
    ];
    return planHaproxy(compile(observed(route('web', [{ backendRefs }]))).model, options);
  };
  expect(at(10).structure).toBe(at(20).structure);
  expect(planChanges(at(10), at(20))).toMatchObject([{ do: 'set', map: 'weights', value: '800' }]);
  expect(planChanges(at(10), at(10))).toEqual([]);
});

it('a value of a user cannot end the word it stands in', () => {
  const filters: HTTPRouteRule['filters'] = [
    {
      type: 'RequestHeaderModifier',
      requestHeaderModifier: { set: [{ name: 'X-A', value: "a' b\n  http-request deny %[src]" }] },
    },
  ];
  const { structure } = planHaproxy(compile(observed(route('web', [{ filters }]))).model, options);
  expect(structure).toContain("set-header X-A 'a'\\'' b  http-request deny %%[src]' if");
});
