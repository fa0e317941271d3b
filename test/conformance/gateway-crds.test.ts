import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubeRequests, type KubeRequests } from '../support/kube-requests.js';
import { createKubectl, kubectlMinor } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const published = 'gateway.networking.k8s.io';
/** The same definitions once more under a group of our own, so that their installation is seen too. */
const group = `${uniqueName('gateway')}.example.com`;
const namespace = uniqueName('gateway');
const plurals = [
  'backendtlspolicies',
  'gatewayclasses',
  'gateways',
  'grpcroutes',
  'httproutes',
  'listenersets',
  'referencegrants',
  'tcproutes',
  'tlsroutes',
  'udproutes',
];

type Json = Record<string, unknown>;

interface Definition {
  spec: { names: { kind: string; plural: string; shortNames?: string[]; categories?: string[] } & Json } & Json;
}

let kube: KubeRequests;
let isServed = false;
let serial = 0;
const kubectl = createKubectl(namespace);

async function create(plural: string, spec: Json, on = published) {
  serial += 1;
  const kind = kinds.get(plural);
  const place = plural === 'gatewayclasses' ? '' : `/namespaces/${namespace}`;
  const body = { apiVersion: `${on}/v1`, kind, metadata: { name: `sample-${serial}` }, spec };
  return kube.send('POST', `/apis/${on}/v1${place}/${plural}?dryRun=All`, body);
}

const kinds = new Map<string, string>();

beforeAll(async () => {
  kube = createKubeRequests();
  const { body, status } = await kube.send('GET', `/apis/${published}/v1`);
  isServed = status === 200;
  for (const { name, kind } of (body.resources ?? []) as { name: string; kind: string }[]) kinds.set(name, kind);
  await kube.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
});

afterAll(async () => {
  for (const plural of plurals)
    await kube.send('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`);
  await kube.send('DELETE', `/api/v1/namespaces/${namespace}`);
});

test.skipIf(kubectlMinor === undefined)(
  'the set installs with kubectl, and its kinds are served at once',
  async (context) => {
    if (!isServed) context.skip('the cluster does not serve Gateway API');
    const definitions = [];
    for (const plural of plurals) {
      const text = await kubectl.ok(['get', 'crd', `${plural}.${published}`, '-o', 'json']);
      const { spec } = JSON.parse(text) as Definition;
      const { shortNames, categories, ...names } = spec.names;
      definitions.push({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `${plural}.${group}` },
        spec: { ...spec, group, names },
      });
    }
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: definitions });
    const applied = await kubectl.ok(['apply', '--server-side', '-f', '-'], list);
    for (const plural of plurals) expect(applied).toContain(`${plural}.${group} serverside-applied`);
    await kubectl.ok(['wait', '--for=condition=Established', ...plurals.map((each) => `crd/${each}.${group}`)]);
    const refused = await create('httproutes', { rules: [{ backendRefs: [{ name: 'web' }] }] }, group);
    expect(refused.body.message).toContain('Must have port for Service reference');
    const taken = await create('httproutes', { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] }, group);
    expect(taken.status, taken.body.message).toBe(201);
  },
);

const web = { name: 'web', port: 80 };
const listener = { name: 'http', port: 80, protocol: 'HTTP' };
const gateway = (...listeners: Json[]) => ({ gatewayClassName: 'any', listeners });
const secret = { certificateRefs: [{ name: 'certificate' }] };
const rule = (more: Json) => ({ rules: [{ backendRefs: [web], ...more }] });
const path = (value: string, type = 'PathPrefix') => rule({ matches: [{ path: { type, value } }] });
const filters = (...list: Json[]) => ({ rules: [{ filters: list }] });
const headers = { set: [{ name: 'x-a', value: 'b' }] };
const redirect = (more: Json) => filters({ type: 'RequestRedirect', requestRedirect: more });
const prefix = { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' };
const method = (more: Json) => ({ rules: [{ matches: [{ method: more }] }] });
const policy = (validation: Json, targets: Json[] = [{ group: '', kind: 'Service', name: 'web' }]) => ({
  targetRefs: targets,
  validation: { hostname: 'web.example.com', ...validation },
});
const authority = { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }] };
const tooMany = { rules: [64, 64, 1].map((length) => ({ matches: Array.from({ length }, () => ({})) })) };

describe('is taken', () => {
  test.each<[string, string, Json]>([
    ['gatewayclasses', 'a class', { controllerName: 'example.com/controller' }],
    ['gateways', 'listeners apart by host', gateway(listener, { ...listener, name: 'b', hostname: 'b.example.com' })],
    ['gateways', 'terminated TLS', gateway({ name: 'tls', port: 443, protocol: 'HTTPS', tls: secret })],
    [
      'gateways',
      'TLS passed through',
      gateway({ name: 'tls', port: 443, protocol: 'TLS', tls: { mode: 'Passthrough' } }),
    ],
    ['listenersets', 'a set', { parentRef: { name: 'gateway' }, listeners: [listener] }],
    ['httproutes', 'nothing at all', {}],
    [
      'httproutes',
      'matches, filters and weights',
      rule({
        matches: [{ path: { type: 'Exact', value: '/a' }, headers: [{ name: 'x', value: 'y' }], method: 'GET' }],
        filters: [
          { type: 'RequestHeaderModifier', requestHeaderModifier: headers },
          { type: 'URLRewrite', urlRewrite: { hostname: 'other.example.com' } },
        ],
        timeouts: { request: '10s', backendRequest: '2s' },
      }),
    ],
    [
      'httproutes',
      'a redirect of a prefix',
      { rules: [{ ...redirect({ path: prefix }).rules[0], matches: [{ path: { value: '/old' } }] }] },
    ],
    [
      'httproutes',
      'a reference to something else than a service',
      { rules: [{ backendRefs: [{ group: 'example.com', kind: 'Bucket', name: 'b' }] }] },
    ],
    [
      'httproutes',
      'parents told apart by section',
      {
        parentRefs: [
          { name: 'g', sectionName: 'a' },
          { name: 'g', sectionName: 'b' },
        ],
      },
    ],
    ['grpcroutes', 'a method', method({ service: 'shop.Cart', method: 'Add' })],
    ['tlsroutes', 'a wildcard', { hostnames: ['*.example.com'], rules: [{ backendRefs: [web] }] }],
    ['tcproutes', 'a port', { rules: [{ backendRefs: [web] }] }],
    ['udproutes', 'a port', { rules: [{ backendRefs: [web] }] }],
    [
      'referencegrants',
      'a grant',
      { from: [{ group: published, kind: 'HTTPRoute', namespace: 'a' }], to: [{ group: '', kind: 'Service' }] },
    ],
    ['backendtlspolicies', 'a policy', policy(authority)],
  ])('%s: %s', async (plural, _, spec) => {
    if (!kinds.has(plural)) return;
    const { status, body } = await create(plural, spec);
    expect(status, body.message).toBe(201);
  });
});

describe('is refused by its rule', () => {
  test.each<[string, Json, string]>([
    [
      'gateways',
      gateway({ ...listener, tls: secret }),
      "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    ],
    [
      'gateways',
      gateway({ name: 'a', port: 1, protocol: 'HTTPS', tls: { mode: 'Passthrough' } }),
      'tls mode must be Terminate for protocol HTTPS',
    ],
    [
      'gateways',
      gateway({ name: 'a', port: 1, protocol: 'TCP', hostname: 'a.b' }),
      "hostname must not be specified for protocols ['TCP', 'UDP']",
    ],
    [
      'gateways',
      gateway(listener, { ...listener, name: 'again' }),
      'Combination of port, protocol and hostname must be unique for each listener',
    ],
    ['gateways', gateway(listener, listener), 'Duplicate value: {"name":"http"}'],
    [
      'gateways',
      gateway({ name: 'a', port: 1, protocol: 'HTTPS', tls: {} }),
      'certificateRefs or options must be specified when mode is Terminate',
    ],
    [
      'gateways',
      { ...gateway(listener), infrastructure: { labels: { 'a~': 'b' } } },
      'Label keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.',
    ],
    [
      'gateways',
      { ...gateway(listener), addresses: [{ type: 'Hostname', value: 'a_b' }] },
      'Hostname value must be empty or contain only valid characters',
    ],
    [
      'gateways',
      { ...gateway(listener), addresses: [1, 2].map(() => ({ value: '192.0.2.1' })) },
      'IPAddress values must be unique',
    ],
    [
      'gateways',
      gateway({ ...listener, port: 0 }),
      'spec.listeners[0].port in body should be greater than or equal to 1',
    ],
    ['gateways', { gatewayClassName: 'any' }, 'spec.listeners: Required value'],
    ['gatewayclasses', { controllerName: 'nothing' }, 'spec.controllerName in body should match'],
    ['httproutes', { rules: [{ backendRefs: [{ name: 'web' }] }] }, 'Must have port for Service reference'],
    [
      'httproutes',
      { parentRefs: [{ name: 'g' }, { name: 'g', sectionName: 'a' }] },
      'sectionName must be specified when parentRefs includes 2 or more references to the same parent',
    ],
    [
      'httproutes',
      { parentRefs: [{ name: 'g' }, { name: 'g' }] },
      'sectionName must be unique when parentRefs includes 2 or more references to the same parent',
    ],
    [
      'httproutes',
      path('relative'),
      "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
    ],
    ['httproutes', path('/a//b'), "must not contain '//' when type one of ['Exact', 'PathPrefix']"],
    ['httproutes', path('/a/../b', 'Exact'), "must not contain '/../' when type one of ['Exact', 'PathPrefix']"],
    ['httproutes', path('/a%2fb'), "must not contain '%2f' when type one of ['Exact', 'PathPrefix']"],
    ['httproutes', path('/a/.'), "must not end with '/.' when type one of ['Exact', 'PathPrefix']"],
    ['httproutes', path('/a b'), 'must only contain valid characters (matching'],
    ['httproutes', path('/', 'Anything'), 'Unsupported value: "Anything"'],
    [
      'httproutes',
      filters({ type: 'RequestHeaderModifier' }),
      'filter.requestHeaderModifier must be specified for RequestHeaderModifier filter.type',
    ],
    [
      'httproutes',
      filters({ type: 'URLRewrite', urlRewrite: {}, requestHeaderModifier: headers }),
      'filter.requestHeaderModifier must be nil if the filter.type is not RequestHeaderModifier',
    ],
    [
      'httproutes',
      filters(...[1, 2].map(() => ({ type: 'RequestHeaderModifier', requestHeaderModifier: headers }))),
      'RequestHeaderModifier filter cannot be repeated',
    ],
    [
      'httproutes',
      filters({ type: 'RequestRedirect', requestRedirect: {} }, { type: 'URLRewrite', urlRewrite: {} }),
      'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    ],
    [
      'httproutes',
      rule({ filters: [{ type: 'RequestRedirect', requestRedirect: {} }] }),
      'RequestRedirect filter must not be used together with backendRefs',
    ],
    [
      'httproutes',
      { rules: [{ ...redirect({ path: prefix }).rules[0], matches: [{ path: { type: 'Exact', value: '/' } }] }] },
      'When using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified',
    ],
    [
      'httproutes',
      redirect({ path: { type: 'ReplaceFullPath' } }),
      "replaceFullPath must be specified when type is set to 'ReplaceFullPath'",
    ],
    [
      'httproutes',
      redirect({ path: { ...prefix, type: 'ReplaceFullPath', replaceFullPath: '/' } }),
      "type must be 'ReplacePrefixMatch' when replacePrefixMatch is set",
    ],
    [
      'httproutes',
      filters({ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a b', value: 'c' }] } }),
      'set[0].name in body should match',
    ],
    [
      'httproutes',
      filters({ type: 'RequestMirror', requestMirror: { backendRef: web, percent: 1, fraction: { numerator: 1 } } }),
      'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
    ],
    [
      'httproutes',
      filters({ type: 'CORS', cors: { allowOrigins: ['*', 'https://a.example.com'] } }),
      "AllowOrigins cannot contain '*' alongside other origins",
    ],
    [
      'httproutes',
      rule({ timeouts: { request: '1s', backendRequest: '2s' } }),
      'backendRequest timeout cannot be longer than request timeout',
    ],
    ['httproutes', { rules: [{ name: 'a' }, { name: 'a' }] }, 'Rule name must be unique within the route'],
    ['httproutes', tooMany, 'the total number of matches across all rules in a route must be less than 128'],
    ['grpcroutes', method({}), "One or both of 'service' or 'method' must be specified"],
    ['grpcroutes', method({ service: 'a-b' }), 'service must only contain valid characters (matching'],
    ['grpcroutes', method({ method: '1st' }), 'method must only contain valid characters (matching'],
    ['tlsroutes', { hostnames: ['192.0.2.1'], rules: [{ backendRefs: [web] }] }, 'Hostnames cannot contain an IP'],
    ['tcproutes', { rules: [{ backendRefs: [{ name: 'web' }] }] }, 'Must have port for Service reference'],
    [
      'listenersets',
      { parentRef: { name: 'g' }, listeners: [{ name: 'a', port: 1, protocol: 'TLS' }] },
      'tls mode must be set for protocol TLS',
    ],
    [
      'referencegrants',
      { from: [], to: [{ group: '', kind: 'Service' }] },
      'spec.from in body should have at least 1 items',
    ],
    ['backendtlspolicies', policy({}), 'must specify either CACertificateRefs or WellKnownCACertificates'],
    [
      'backendtlspolicies',
      policy({ ...authority, wellKnownCACertificates: 'System' }),
      'must not contain both CACertificateRefs and WellKnownCACertificates',
    ],
    [
      'backendtlspolicies',
      policy(
        authority,
        [1, 2].map(() => ({ group: '', kind: 'Service', name: 'web' })),
      ),
      'sectionName must be unique when targetRefs includes 2 or more references to the same target',
    ],
    [
      'backendtlspolicies',
      policy({ ...authority, subjectAltNames: [{ type: 'URI', hostname: 'a.b' }] }),
      'SubjectAltName element must contain URI, if Type is set to URI',
    ],
  ])('%s %j', async (plural, spec, message) => {
    if (!kinds.has(plural)) return;
    const { status, body } = await create(plural, spec);
    expect(status, JSON.stringify(body)).toBe(422);
    expect(body).toMatchObject({ kind: 'Status', reason: 'Invalid' });
    expect(body.message).toContain(message);
  });

  test('gatewayclasses whose controller changes', async (context) => {
    if (!isServed) context.skip('the cluster does not serve Gateway API');
    const name = uniqueName('class');
    const at = `/apis/${published}/v1/gatewayclasses`;
    await kube.send('POST', at, { metadata: { name }, spec: { controllerName: 'example.com/a' } });
    const type = { 'content-type': 'application/merge-patch+json' };
    const { status, body } = await kube.send(
      'PATCH',
      `${at}/${name}`,
      { spec: { controllerName: 'example.com/b' } },
      type,
    );
    await kube.send('DELETE', `${at}/${name}`);
    expect(status).toBe(422);
    expect(body.message).toContain('spec.controllerName: Invalid value: "string": Value is immutable');
  });
});

test('a route is served in the older version too, and printed with its hosts', async (context) => {
  if (!isServed || !kinds.has('httproutes')) context.skip('the cluster does not serve Gateway API');
  const at = (version: string) => `/apis/${published}/${version}/namespaces/${namespace}/httproutes`;
  const route = {
    metadata: { name: 'printed' },
    spec: { hostnames: ['a.example.com'], rules: [{ backendRefs: [web] }] },
  };
  const made = await kube.send('POST', at('v1beta1'), route);
  expect(made.status, made.body.message).toBe(201);
  expect(made.body.apiVersion).toBe(`${published}/v1beta1`);
  const read = await kube.send('GET', `${at('v1')}/printed`);
  expect(read.body).toMatchObject({
    apiVersion: `${published}/v1`,
    spec: { rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ weight: 1 }] }] },
  });
  if (kubectlMinor === undefined) return;
  expect(await kubectl.ok(['get', 'httproutes'])).toMatch(/^NAME +HOSTNAMES +AGE\nprinted +\["a\.example\.com"\] /);
  expect(await kubectl.ok(['get', 'gateway-api', '-o', 'name'])).toContain(`httproute.${published}/printed`);
});
