import { createKubeClient, type KubeClient, KubeError } from '@slipway/orchestrator/client';
import {
  clusterRoleBindings,
  clusterRoles,
  httpRoutes,
  type KubeObject,
  namespaces,
  roleBindings,
  serviceAccounts,
} from '@slipway/orchestrator/kinds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, namespace, openShop, production, project } from '../rollouts/testing/open-shop.js';
import { hostnamesAnnotation } from './hostname-admission.rules.js';

const shop = openShop(() => ({ stood: ['a'] }));
const as: typeof shop.as = (...request) => shop.as(...request);
const domains = `${production}/domains`;
const usual = 'hello-shop-acme.slipway.localhost';
const group = 'gateway.networking.k8s.io';
const clients: KubeClient[] = [];
let robot: KubeClient;
let operator: KubeClient;

interface Sent {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

const gateway = { name: 'slipway', namespace: 'slipway-system' };
const route = (
  name: string,
  hostnames: readonly string[] | undefined,
  more: object = {},
  kind = 'HTTPRoute',
): Sent => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name },
  spec: { parentRefs: [gateway], hostnames, ...more },
});
const listeners = (kind: 'Gateway' | 'ListenerSet', ...hostnames: (string | undefined)[]): Sent => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name: 'listening' },
  spec: {
    ...(kind === 'Gateway' ? { gatewayClassName: 'slipway' } : { parentRef: gateway }),
    listeners: hostnames.map((hostname, index) => ({ name: `l${index}`, port: 80, protocol: 'HTTP', hostname })),
  },
});
const backend = { service: { name: 'web', port: { number: 80 } } };
const ingress = (spec: object): Sent => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'old' },
  spec,
});
const ruleOf = (host?: string) => ({ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } });
const plurals: Record<string, string> = {
  Gateway: 'gateways',
  GRPCRoute: 'grpcroutes',
  HTTPRoute: 'httproutes',
  Ingress: 'ingresses',
  ListenerSet: 'listenersets',
  TLSRoute: 'tlsroutes',
};

/** A write with kubectl: through the platform's door, as the caller. */
async function kubectl(who: string, method: 'POST' | 'PUT' | 'PATCH', object: Sent, query = '') {
  const { platform } = shop;
  const name = method === 'POST' ? '' : `/${object.metadata.name}`;
  const path = `/apis/${object.apiVersion}/namespaces/${namespace}/${plurals[object.kind]}${name}${query}`;
  const answer = await fetch(`${platform.url}/k8s/clusters/embedded${path}`, {
    method,
    headers: {
      authorization: `Bearer ${platform.token(who)}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    body: JSON.stringify(object),
  });
  const body: unknown = await answer.json();
  return { status: answer.status, message: String(Reflect.get(Object(body), 'message') ?? '') };
}
const tryOut = (object: Sent) => kubectl('dora', 'POST', object, '?dryRun=All');
const codeOf = (work: Promise<unknown>): Promise<number | string> =>
  work.then(
    () => 'written',
    (error: unknown) => (error instanceof KubeError ? error.code : String(error)),
  );
const write = (client: KubeClient, name: string, hostnames: string[] | undefined) =>
  codeOf(
    client.create(httpRoutes, { ...route(name, hostnames), metadata: { name, namespace } } as KubeObject as never),
  );
const listed = async () =>
  (await shop.platform.client.get(namespaces, namespace)).metadata.annotations?.[hostnamesAnnotation]?.split(',') ?? [];

/** A service account with a client of its own, which may do in the namespace, or in the cluster, what is said. */
async function createAccount(name: string, rules: object[], where: 'namespace' | 'cluster'): Promise<KubeClient> {
  const { client, connection } = shop.platform;
  await client.create(serviceAccounts, { metadata: { name, namespace } });
  await client.create(clusterRoles, { metadata: { name }, rules } as never);
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  if (where === 'cluster') await client.create(clusterRoleBindings, { metadata: { name }, roleRef, subjects });
  else await client.create(roleBindings, { metadata: { name, namespace }, roleRef, subjects });
  const answer = await client.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  const { status } = (await answer.json()) as { status: { token: string } };
  const own = createKubeClient({ server: connection.server, ca: connection.ca, token: status.token });
  clients.push(own);
  return own;
}

beforeAll(async () => {
  const routes = { apiGroups: [group], resources: ['httproutes'], verbs: ['*'] };
  const spaces = { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'patch'] };
  robot = await createAccount('robot', [routes], 'namespace');
  operator = await createAccount('operator', [routes, spaces], 'cluster');
  expect(await as('dora', 'POST', domains, { hostname: 'shop.test' })).toMatchObject({ status: 201 });
  await eventually(async () => expect(await listed()).toContain('shop.test'));
}, 60_000);
afterAll(async () => {
  for (const client of clients) await client.close();
});

describe('the list of a namespace', () => {
  it('has the default host names, the previews’ and the proven ones, and none that is pending', async () => {
    await as('dora', 'POST', domains, { hostname: 'pending.slipway.dev' });
    const preview = expect.stringMatching(/^preview-[0-9a-f]{16}\.slipway\.localhost$/);
    expect(await listed()).toEqual([usual, preview, 'shop.test']);
  });

  it('follows what is confirmed, and applications that come and go', async () => {
    const confirm = { reason: 'Ours.' };
    await as('admin', 'POST', `${domains}/pending.slipway.dev/verify`, { confirm });
    await eventually(async () => expect(await listed()).toContain('pending.slipway.dev'));
    await as('dora', 'POST', `${project}/applications`, { name: 'second', source: { type: 'push' } });
    await eventually(async () => expect(await listed()).toContain('second-shop-acme.slipway.localhost'));
    expect((await as('admin', 'DELETE', `${project}/applications/second`)).status).toBeLessThan(300);
    await eventually(async () => expect(await listed()).not.toContain('second-shop-acme.slipway.localhost'));
  });

  it('is no tenant’s to write', async () => {
    const annotations = { [hostnamesAnnotation]: 'bank.example.org' };
    const answer = await fetch(`${shop.platform.url}/k8s/clusters/embedded/api/v1/namespaces/${namespace}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${shop.platform.token('dora')}`,
        'content-type': 'application/merge-patch+json',
      },
      body: JSON.stringify({ metadata: { annotations } }),
    });
    expect(answer.status).toBe(403);
    const patch = robot.patch(namespaces, namespace, undefined, { metadata: { annotations } }, { type: 'merge' });
    expect(await codeOf(patch)).toBe(403);
  });
});

describe('a tenant’s own route', () => {
  it.each<[string, Sent]>([
    ['of a proven name', route('mine', ['shop.test'])],
    ['of the default name', route('mine', [usual, 'shop.test'])],
    [
      'of a mesh, which leads nobody in',
      route('mine', undefined, { parentRefs: [{ group: '', kind: 'Service', name: 'web' }] }),
    ],
    ['that hangs on nothing', route('mine', undefined, { parentRefs: undefined })],
    ['of GRPC', route('mine', ['shop.test'], {}, 'GRPCRoute')],
    ['that is a ListenerSet of a proven name', listeners('ListenerSet', 'shop.test')],
    ['that is a Gateway of proven names', listeners('Gateway', 'shop.test', usual)],
    ['that is an Ingress of a proven name', ingress({ rules: [ruleOf('shop.test')] })],
  ])('passes: %s', async (_, object) => expect(await tryOut(object)).toMatchObject({ status: 201 }));

  it.each<[string, Sent, string]>([
    ['of a stranger’s name', route('evil', ['bank.example.org']), 'bank.example.org'],
    ['of another namespace’s default name', route('evil', ['web-shop-evil.slipway.localhost']), 'web-shop-evil'],
    [
      'with one unproven name among others',
      route('evil', ['shop.test', 'bank.example.org']),
      'route bank.example.org:',
    ],
    ['of a name under a proven one', route('evil', ['www.shop.test']), 'www.shop.test'],
    ['of a name above a proven one', route('evil', ['test']), 'route test:'],
    ['of a wildcard over a proven name', route('evil', ['*.test']), '*.test'],
    ['of a wildcard under a proven name', route('evil', ['*.shop.test']), '*.shop.test'],
    ['of a part of a proven name', route('evil', ['op.test']), 'op.test'],
    ['without host names', route('evil', undefined), 'every host name'],
    ['with an empty list of host names', route('evil', []), 'every host name'],
    [
      'without host names through a ListenerSet',
      route('evil', undefined, { parentRefs: [{ group, kind: 'ListenerSet', name: 'listening' }] }),
      'every host name',
    ],
    ['of GRPC without host names', route('evil', undefined, {}, 'GRPCRoute'), 'every host name'],
    [
      'of TLS',
      route('evil', ['bank.example.org'], { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] }, 'TLSRoute'),
      'bank',
    ],
    ['that is a ListenerSet', listeners('ListenerSet', 'shop.test', 'bank.example.org'), 'bank.example.org'],
    ['that is a ListenerSet for all names', listeners('ListenerSet', undefined), 'every host name'],
    ['that is a Gateway', listeners('Gateway', 'bank.example.org'), 'bank.example.org'],
    ['that is a Gateway for all names', listeners('Gateway', undefined), 'every host name'],
    ['that is an Ingress', ingress({ rules: [ruleOf('bank.example.org')] }), 'bank.example.org'],
    ['that is an Ingress for all names', ingress({ rules: [ruleOf()] }), 'every host name'],
    [
      'that is an Ingress with a default backend',
      ingress({ rules: [ruleOf('shop.test')], defaultBackend: backend }),
      'every host name',
    ],
  ])('is refused with the remedy: %s', async (_, object, named) => {
    const { status, message } = await tryOut(object);
    expect({ status, message }).toMatchObject({ status: 403, message: expect.stringContaining(named) });
    expect(message).toContain('slipway domains add HOSTNAME --app APPLICATION');
  });

  it('is judged for service accounts as well', async () => {
    expect(await write(robot, 'robots', ['bank.example.org'])).toBe(403);
    expect(await write(robot, 'robots', undefined)).toBe(403);
    expect(await write(robot, 'robots', ['shop.test'])).toBe('written');
    const spec = { hostnames: ['bank.example.org'] };
    expect(await codeOf(robot.patch(httpRoutes, 'robots', namespace, { spec }, { type: 'merge' }))).toBe(403);
  });

  it('is not asked of who may write the lists: the platform and the cluster’s administrators', async () => {
    expect(await write(operator, 'operators', ['bank.example.org'])).toBe('written');
    expect(await kubectl('admin', 'POST', route('admins', ['bank.example.org']))).toMatchObject({ status: 201 });
    for (const name of ['operators', 'admins']) await shop.platform.client.delete(httpRoutes, name, namespace);
  });

  it('stays, and can be changed, when the name is taken away; new ones of it are refused', async () => {
    const old = route('old', ['pending.slipway.dev']);
    expect(await kubectl('dora', 'POST', old)).toMatchObject({ status: 201 });
    expect((await as('dora', 'DELETE', `${domains}/pending.slipway.dev`)).status).toBe(204);
    await eventually(async () => expect(await listed()).not.toContain('pending.slipway.dev'));
    expect(await kubectl('dora', 'POST', route('new', ['pending.slipway.dev']))).toMatchObject({ status: 403 });
    const change = (spec: object) => kubectl('dora', 'PATCH', { ...old, spec });
    expect(await change({ rules: [{ backendRefs: [{ name: 'hello', port: 80 }] }] })).toMatchObject({ status: 200 });
    expect(await change({ hostnames: ['pending.slipway.dev', 'shop.test'] })).toMatchObject({ status: 200 });
    expect(await change({ hostnames: ['pending.slipway.dev', 'bank.example.org'] })).toMatchObject({ status: 403 });
    expect(await change({ hostnames: null })).toMatchObject({ status: 403 });
    // By another way it would lead to others.
    expect(await change({ parentRefs: [{ ...gateway, name: 'other' }] })).toMatchObject({ status: 403 });
    expect(await change({ hostnames: ['shop.test'] })).toMatchObject({ status: 200 });
    expect(await change({ hostnames: ['pending.slipway.dev'] })).toMatchObject({ status: 403 });
  });
});

describe('Slipway itself', () => {
  it.each<[string, object]>([
    ['rolling', { type: 'rolling' }],
    ['canary', { type: 'canary', steps: [{ setWeight: 50 }] }],
    ['blueGreen', { type: 'blueGreen', autoPromotionEnabled: true, scaleDownDelaySeconds: 0 }],
  ])('rolls out: %s', async (_, strategy) => {
    const letter = { rolling: 'b', canary: 'c', blueGreen: 'd' }[Reflect.get(strategy, 'type') as 'rolling'];
    expect(await shop.ended(await shop.start(letter, strategy))).toMatchObject({ state: 'healthy' });
  });

  it('routes a name in the moment in which it is verified, before the list has it', async () => {
    await as('dora', 'POST', domains, { hostname: 'moment.test' });
    const hosts = async () => (await shop.platform.client.get(httpRoutes, 'hello', namespace)).spec.hostnames;
    await eventually(async () => expect(await hosts()).toContain('moment.test'));
    await eventually(async () => expect(await listed()).toContain('moment.test'));
  });

  it('puts its list back where somebody has changed it', async () => {
    const { client } = shop.platform;
    const annotations = { [hostnamesAnnotation]: null };
    await client.patch(namespaces, namespace, undefined, { metadata: { annotations } }, { type: 'merge' });
    expect(await kubectl('dora', 'POST', route('unlisted', ['shop.test']))).toMatchObject({ status: 403 });
    await as('dora', 'POST', domains, { hostname: 'back.test' });
    await eventually(async () =>
      expect(await listed()).toEqual(expect.arrayContaining(['back.test', 'shop.test', usual])),
    );
  });
});
