import type { KubeClient } from '@slipway/orchestrator/client';
import {
  configMaps,
  deployments,
  type KubeObject,
  limitRanges,
  namespaces,
  networkPolicies,
  type ResourceType,
  resourceQuotas,
  roleBindings,
  secrets,
  services,
} from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { DeleteEnvironmentProcessor } from '../environments/environments.jobs.js';
import { RefreshEnvironmentProcessor } from '../environments/environments.reconcile.js';
import { Database } from '../kernel/database/index.js';
import { NetworkPoliciesModule } from '../network-policies/network-policies.module.js';
import { DeleteProjectProcessor } from '../projects/projects.jobs.js';
import { QuotaRoutesModule } from '../quotas/quota-routes.module.js';
import { type Death, deathsIn, dieAt } from '../testing/dying-worker.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { AdoptNamespacesProcessor } from './adoptions.jobs.js';

const context = { id: 'x', attempt: 1, isLastAttempt: false, signal: new AbortController().signal };
const adoptions = '/clusters/embedded/adoptions';
let cluster: TestCluster;
let kube: KubeClient;
let api: TestApi;
let owner: string;
/** Good for longer than an access token. */
let admin: string;
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });
const read = () => get(Database).read;
const asAdmin = (method: string, path: string, body?: unknown) => api.call(admin, method, path, body);

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  cluster = await startTestCluster({ databaseUrl });
  kube = cluster.client;
  const env = { SLIPWAY_KUBECONFIG: cluster.kubeconfig };
  const modules = [NetworkPoliciesModule, QuotaRoutesModule];
  api = await startTestApi({ databaseUrl, redisUrl: inject('redisUrl'), env, modules });
  owner = await api.createUser('owner');
  admin = (await api.call(api.admin, 'POST', '/me/tokens', { name: 'test' })).body.token;
  await asAdmin('POST', '/tenants', { name: 'acme', owner: 'owner' });
  await asAdmin('POST', '/tenants/acme/projects', { name: 'shop' });
});
afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const pod = (namespace: string, name: string, cpu: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu, memory: '64Mi' } } }], ...spec },
});
const create = (path: string, object: object) => kube.request('POST', path, { body: object });

/** A namespace that somebody made by hand, with things in it. */
async function make(name: string, labels: Record<string, string> = { team: 'old' }): Promise<void> {
  await kube.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels }, spec: {} });
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'main', image: 'x' }] } };
  const spec = { replicas: 2, selector: { matchLabels: { app: 'a' } }, template };
  const metadata = { name: 'theirs', namespace: name };
  await create(`/apis/apps/v1/namespaces/${name}/deployments`, { kind: 'Deployment', metadata, spec });
  await create(`/api/v1/namespaces/${name}/configmaps`, { kind: 'ConfigMap', metadata, data: { key: 'value' } });
  await create(`/api/v1/namespaces/${name}/services`, { kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } });
  await create(`/api/v1/namespaces/${name}/pods`, pod(name, 'one', '250m'));
}

const choose = (namespace: string, more: object = {}) => ({
  ...{ namespace, tenant: 'acme', project: 'shop', environment: namespace, kind: 'staging' },
  ...more,
});

async function ask(...items: object[]): Promise<{ id: string; operation: string }> {
  const { status, body } = await asAdmin('POST', adoptions, { items });
  expect(status, JSON.stringify(body)).toBe(202);
  return body;
}
const work = (adoptionId: string) => get(AdoptNamespacesProcessor).run({ adoptionId }, context);

async function adopt(...items: object[]) {
  const { id } = await ask(...items);
  await work(id);
  return (await asAdmin('GET', `${adoptions}/${id}`)).body;
}

async function deletionOf(operation: string) {
  const messages = await read().outboxMessage.findMany({ where: { name: 'environments.delete' } });
  const jobs = messages.map(({ payload }) => payload as Parameters<DeleteEnvironmentProcessor['run']>[0]);
  const job = jobs.find((one) => one.operation === operation);
  if (!job) throw new Error('There is no job.');
  return job;
}

async function release(namespace: string): Promise<void> {
  const { status, body } = await asAdmin('POST', `/clusters/embedded/namespaces/${namespace}/release`);
  expect(status, JSON.stringify(body)).toBe(202);
  await get(DeleteEnvironmentProcessor).run(await deletionOf(body.operation), context);
}

/** What the worker does after an environment has opened. */
async function refresh(namespace: string): Promise<void> {
  const { id } = await read().environment.findUniqueOrThrow({ where: { namespace } });
  await get(RefreshEnvironmentProcessor).run({ environmentId: id });
}

/** Runs it with a worker that dies there, and again with one that lives. */
async function dying(death: Death | undefined, run: () => Promise<void>): Promise<void> {
  const worker = dieAt(api, death);
  await run().catch(() => undefined);
  vi.restoreAllMocks();
  if (worker.hasDied()) await run();
}

const kinds: readonly ResourceType<KubeObject>[] = [
  configMaps,
  deployments,
  limitRanges,
  networkPolicies,
  resourceQuotas,
  roleBindings,
  secrets,
  services,
];

/** All that there is of a namespace, in the cluster and in the database; ids and times left out. */
async function world(namespace: string) {
  const object = await kube.find(namespaces, namespace);
  const lists = await Promise.all(kinds.map((type) => kube.list(type, { namespace })));
  const environments = await read().environment.findMany({ where: { namespace } });
  const claims = await read().quotaClaim.findMany({ where: { subject: { startsWith: 'namespaces/' } } });
  const labels = Object.entries(object?.metadata.labels ?? {}).filter(([key]) => !key.endsWith('-id'));
  return {
    labels: Object.fromEntries(labels.sort()),
    objects: lists.flatMap(({ items }, at) => items.map((item) => `${kinds[at]?.kind}/${item.metadata.name}`)).sort(),
    environments: environments.map(({ name, state, isAdopted }) => `${name} ${state} ${isAdopted}`),
    claims: claims.map(({ resource, amount }) => `${resource} ${amount}`).sort(),
    robots: (await read().robot.findMany({ where: { username: { endsWith: `pull-${namespace}` } } })).length,
  };
}

describe('namespaces that no tenant owns', () => {
  it('are listed with what is in them, without those of the system and of tenants', async () => {
    await make('listed');
    const { body } = await asAdmin('GET', '/clusters/embedded/namespaces');
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({ name: 'listed', pods: 1, workloads: 1, services: 1, volumes: 0 });
    expect(body.items[0].requests).toEqual({ cpu: '250m', memory: '64Mi' });
    await make('listed-too');
    const first = await asAdmin('GET', '/clusters/embedded/namespaces?limit=1');
    const second = await asAdmin('GET', `/clusters/embedded/namespaces?limit=1&cursor=${first.body.nextCursor}`);
    expect([first.body.items[0].name, second.body.items[0].name]).toEqual(['listed', 'listed-too']);
    expect(second.body.nextCursor).toBeNull();
    expect((await asAdmin('GET', '/clusters/embedded/namespaces?q=too')).body.items).toHaveLength(1);
  });

  it('are nobody’s to see or adopt but an administrator’s of the platform', async () => {
    for (const [method, path] of [
      ['GET', '/clusters/embedded/namespaces'],
      ['POST', adoptions],
      ['GET', adoptions],
      ['POST', '/clusters/embedded/namespaces/listed/release'],
    ] as const)
      expect((await api.call(owner, method, path, method === 'POST' ? {} : undefined)).body.code).toBe('forbidden');
  });
});

describe('the plan of an adoption', () => {
  it('tells what would be set, and changes nothing', async () => {
    await make('planned');
    const before = await world('planned');
    const { body } = await asAdmin('POST', `${adoptions}?dryRun=true`, { items: [choose('planned')] });
    expect(body).toMatchObject({ id: null, state: 'planned' });
    const [item] = body.items;
    const paths = item.changes.map(({ path }: { path: string }) => path);
    expect(paths).toContain('labels/slipway.dev/tenant');
    expect(paths).toContain('Secret/slipway-registry');
    expect(paths).toContain('LimitRange/slipway-limits');
    expect(paths).toContain('RoleBinding');
    expect(paths.some((path: string) => path.startsWith('NetworkPolicy/'))).toBe(true);
    expect(item.problems).toEqual([expect.objectContaining({ code: 'network', severity: 'warning' })]);
    expect(await world('planned')).toEqual(before);
  });

  it('names what breaks: places, names, quotas, Pod Security, objects that stand there', async () => {
    await make('broken');
    await create('/api/v1/namespaces/broken/pods', pod('broken', 'root', '1', { hostNetwork: true }));
    const metadata = { name: 'slipway-limits', namespace: 'broken' };
    await create('/api/v1/namespaces/broken/limitranges', { kind: 'LimitRange', metadata, spec: { limits: [] } });
    const labels = { 'app.kubernetes.io/managed-by': 'slipway' };
    const marked = { kind: 'ConfigMap', metadata: { name: 'marked', namespace: 'broken', labels } };
    await create('/api/v1/namespaces/broken/configmaps', marked);
    await asAdmin('PUT', '/tenants/acme/quota', { limits: { 'requests.cpu': '1' } });
    const items = [
      choose('broken', { environment: 'production' }),
      choose('kube-system'),
      choose('nowhere', { tenant: 'nobody' }),
      choose('listed', { project: 'nothing' }),
      choose('listed'),
    ];
    const { body } = await asAdmin('POST', `${adoptions}?dryRun=true`, { items });
    const codes = body.items.map(({ problems }: { problems: { code: string }[] }) => problems.map(({ code }) => code));
    expect(codes[0].sort()).toEqual([
      ...['name-taken', 'network', 'object-labelled', 'pod-security', 'quota-exceeded'],
    ]);
    expect(codes[1]).toContain('namespace-not-adoptable');
    expect(codes[2]).toEqual(['tenant-not-found', 'namespace-not-found']);
    expect(codes[3]).toContain('project-not-found');
    expect(codes[3]).toContain('namespace-repeated');
    const refused = await asAdmin('POST', adoptions, { items });
    expect(refused.body.code).toBe('adoption-refused');
    expect(refused.body.errors[0].path).toBe('body.items.0');
    expect(await read().environment.count({ where: { isAdopted: true } })).toBe(0);
    await asAdmin('PUT', '/tenants/acme/quota', { limits: { 'requests.cpu': null } });
  });
});

describe('adopting', () => {
  it('makes environments of them, one result each, and leaves what runs there alone', async () => {
    await make('first');
    await make('second', { 'pod-security.kubernetes.io/enforce': 'restricted' });
    const { id, operation } = await ask(choose('first'), choose('second'), choose('planned'));
    // Meanwhile one of them goes.
    await kube.delete(namespaces, 'planned');
    await vi.waitUntil(
      async () =>
        (await kube.find(namespaces, 'planned'))?.metadata.deletionTimestamp !== undefined ||
        !(await kube.find(namespaces, 'planned')),
    );
    await work(id);
    const { body } = await asAdmin('GET', `${adoptions}/${id}`);
    expect(body.state).toBe('failed');
    expect(body.items.map(({ state }: { state: string }) => state)).toEqual(['adopted', 'adopted', 'failed']);
    const followed = (await asAdmin('GET', `/operations/${operation}`)).body;
    expect(followed.error.code).toBe('adoption-incomplete');
    expect(followed.steps.map(({ state }: { state: string }) => state)).toEqual(['succeeded', 'succeeded', 'failed']);
    const seen = await api.call(owner, 'GET', '/tenants/acme/projects/shop/environments/first');
    expect(seen.body).toMatchObject({ state: 'ready', isAdopted: true, namespace: 'first' });
    const { objects, labels } = await world('first');
    expect(objects).toEqual(
      expect.arrayContaining(['Deployment/theirs', 'ConfigMap/theirs', 'Secret/slipway-registry']),
    );
    expect(labels).toMatchObject({ team: 'old', 'pod-security.kubernetes.io/enforce': expect.any(String) });
    expect((await world('second')).labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
    // What stands there counts.
    const claims = await read().quotaClaim.findMany({ where: { resource: 'requests.cpu' } });
    expect(claims.map(({ amount }) => amount)).toEqual([250n]);
  });

  it('never gives one namespace to two', async () => {
    await make('wanted');
    const [one, two] = [await ask(choose('wanted')), await ask(choose('wanted', { environment: 'other' }))];
    await Promise.all([work(one.id), work(two.id)]);
    const states = await Promise.all(
      [one, two].map(async ({ id }) => (await asAdmin('GET', `${adoptions}/${id}`)).body.items[0].state),
    );
    expect(states.sort()).toEqual(['adopted', 'failed']);
    expect(await read().environment.count({ where: { namespace: 'wanted' } })).toBe(1);
    expect((await world('wanted')).objects).toContain('Secret/slipway-registry');
  });
});

describe('giving a namespace back', () => {
  it('leaves it as it was', async () => {
    await make('borrowed', { team: 'old', 'pod-security.kubernetes.io/enforce': 'privileged' });
    const before = await world('borrowed');
    expect((await adopt(choose('borrowed'))).state).toBe('succeeded');
    expect(await world('borrowed')).not.toEqual(before);
    const annotations = { 'slipway.dev/hostnames': 'shop.test', note: 'theirs' };
    await kube.patch(namespaces, 'borrowed', undefined, { metadata: { annotations } }, { type: 'merge' });
    await release('borrowed');
    expect(await world('borrowed')).toEqual(before);
    expect((await kube.get(namespaces, 'borrowed')).metadata.annotations).toEqual({ note: 'theirs' });
    const again = await asAdmin('POST', '/clusters/embedded/namespaces/borrowed/release');
    expect(again.body.code).toBe('namespace-not-found');
  });

  it('is what deleting the environment or the project does', async () => {
    await make('kept');
    const before = await world('kept');
    await adopt(choose('kept'));
    const { body } = await api.call(owner, 'DELETE', '/tenants/acme/projects/shop/environments/kept');
    await get(DeleteEnvironmentProcessor).run(await deletionOf(body.operation), context);
    expect(await world('kept')).toEqual(before);

    await asAdmin('POST', '/tenants/acme/projects', { name: 'brief' });
    await adopt(choose('kept', { project: 'brief' }));
    const deleted = await asAdmin('DELETE', '/tenants/acme/projects/brief');
    const message = await read().outboxMessage.findFirstOrThrow({ where: { name: 'projects.delete' } });
    expect(deleted.status).toBe(202);
    const job = message.payload as Parameters<DeleteProjectProcessor['run']>[0];
    await get(DeleteProjectProcessor).run(job, context);
    expect(await world('kept')).toEqual(before);
  });

  it('is refused for what was not adopted, and deletes only what is named', async () => {
    const path = '/tenants/acme/projects/shop/environments/doomed';
    await make('doomed');
    await adopt(choose('doomed'));
    expect((await asAdmin('DELETE', `${path}?namespace=other`)).body.code).toBe('environment-namespace-not-confirmed');
    const { body } = await asAdmin('DELETE', `${path}?namespace=doomed`);
    const running = get(DeleteEnvironmentProcessor).run(await deletionOf(body.operation), context);
    await vi.waitUntil(async () => (await kube.find(namespaces, 'doomed'))?.metadata.deletionTimestamp !== undefined);
    // No controller finalizes it here.
    const doomed = await kube.get(namespaces, 'doomed');
    await kube.update(namespaces, { ...doomed, spec: { finalizers: [] } }, { subresource: 'finalize' });
    await running;
    const own = (await asAdmin('GET', '/tenants/acme/projects/shop/environments/production')).body;
    const refused = await asAdmin('POST', `/clusters/embedded/namespaces/${own.namespace}/release`);
    expect(refused.body.code).toBe('namespace-not-adopted');
  });
});

describe('a worker that dies', () => {
  it('at any of its calls while it adopts or gives back leaves the same as one that lives', async () => {
    await make('crash');
    const before = await world('crash');
    const { id: first } = await ask(choose('crash'));
    const whole = dieAt(api);
    await work(first);
    const calls = whole.calls();
    vi.restoreAllMocks();
    await refresh('crash');
    const adopted = await world('crash');
    const asked = await asAdmin('POST', '/clusters/embedded/namespaces/crash/release');
    const deletion = await deletionOf(asked.body.operation);
    const releasing = dieAt(api);
    await get(DeleteEnvironmentProcessor).run(deletion, context);
    const releaseCalls = releasing.calls();
    vi.restoreAllMocks();
    expect(await world('crash')).toEqual(before);
    const deaths = deathsIn(calls);
    const releaseDeaths = deathsIn(releaseCalls);
    expect([deaths.length > 12, releaseDeaths.length > 10]).toEqual([true, true]);

    for (let at = 0; at < Math.max(deaths.length, releaseDeaths.length); at++) {
      const { id } = await ask(choose('crash'));
      await dying(deaths[at], () => work(id));
      await refresh('crash');
      expect(await world('crash'), JSON.stringify(deaths[at])).toEqual(adopted);
      const { body } = await asAdmin('POST', '/clusters/embedded/namespaces/crash/release');
      const job = await deletionOf(body.operation);
      await dying(releaseDeaths[at], () => get(DeleteEnvironmentProcessor).run(job, context));
      expect(await world('crash'), `given back: ${JSON.stringify(releaseDeaths[at])}`).toEqual(before);
    }
  }, 300_000);
});
