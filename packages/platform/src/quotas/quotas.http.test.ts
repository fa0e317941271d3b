import { Module } from '@nestjs/common';
import { limitRanges, namespaces, nodes, resourceQuotas } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApplicationsModule } from '../applications/applications.module.js';
import { NamespaceParts } from '../environments/namespace-parts.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { NamespaceQuotas } from './namespace-quotas.service.js';
import { QuotaGrants } from './quota-grants.service.js';
import { QuotaHourly } from './quota-loop.service.js';
import { QuotaPools } from './quota-pools.service.js';
import { QuotaQueue } from './quota-queue.service.js';
import { QuotaRepair } from './quota-repair.service.js';
import { QuotaRoutesModule } from './quota-routes.module.js';
import { QuotaSamples } from './quota-samples.service.js';
import { QuotasModule } from './quotas.module.js';
import { QuotasService } from './quotas.service.js';

/** The worker's pieces without its loop: the tests say when. */
@Module({
  imports: [QuotaRoutesModule, QuotasModule],
  providers: [QuotaHourly, QuotaSamples],
})
class HourlyModule {}

let cluster: TestCluster;
let api: TestApi;
let owner: string;
let viewer: string;
let stranger: string;
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });
const quota = '/tenants/acme/quota';

async function later<T>(hours: number, work: () => Promise<T>): Promise<T> {
  const clock = api.app.get(Clock);
  const original = clock.now.bind(clock);
  clock.now = () => new Date(original().getTime() + hours * 3_600_000);
  try {
    return await work();
  } finally {
    clock.now = original;
  }
}

const put = (path: string, limits: object, more: object = {}, token = api.admin) =>
  api.call(token, 'PUT', path, { limits, ...more });
const itemOf = async (path: string, resource: string) =>
  (await api.call(api.admin, 'GET', path)).body.items.find((item: { resource: string }) => item.resource === resource);

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  cluster = await startTestCluster({ databaseUrl });
  api = await startTestApi({
    databaseUrl,
    redisUrl: inject('redisUrl'),
    env: { SLIPWAY_KUBECONFIG: cluster.kubeconfig },
    modules: [ApplicationsModule, ReleasesModule, RolloutsModule, HourlyModule],
  });
  [owner, viewer, stranger] = [
    await api.createUser('owner'),
    await api.createUser('viewer'),
    await api.createUser('stranger'),
  ];
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme', owner: 'owner' });
  await api.call(owner, 'POST', '/tenants/acme/members', { username: 'viewer', role: 'viewer' });
  await api.call(api.admin, 'POST', '/tenants', { name: 'other', owner: 'stranger' });
  await api.call(owner, 'POST', '/tenants/acme/projects', { name: 'shop' });
});
afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});

describe('limits', () => {
  it('of a tenant are set by the platform, divided by its owner, and read by its members', async () => {
    expect((await put(quota, { cpu: 8, projects: 50 }, {}, owner)).status).toBe(403);
    const set = await put(quota, { cpu: 8, projects: 50 });
    expect(set).toMatchObject({ status: 200, body: { version: 1, level: 'tenant', name: 'acme' } });
    expect(set.body.changes).toContainEqual(
      expect.objectContaining({ resource: 'requests.cpu', before: null, after: '8' }),
    );
    expect((await put('/tenants/acme/projects/shop/quota', { cpu: '4' }, {}, owner)).status).toBe(200);
    expect((await put('/tenants/acme/projects/shop/quota', { cpu: '4' }, {}, viewer)).status).toBe(403);
    const read = await api.call(viewer, 'GET', quota);
    expect(read.status).toBe(200);
    expect(read.body.children).toEqual([
      expect.objectContaining({ name: 'shop', limits: { 'requests.cpu': '4' }, used: expect.any(Object) }),
    ]);
    expect(await itemOf(quota, 'requests.cpu')).toMatchObject({ used: '0', limit: '8', shared: '4', isOver: false });
  });

  it('may not sum above the parent’s, and say by how much', async () => {
    const answer = await put('/tenants/acme/projects/shop/environments/production/quota', { cpu: '5' }, {}, owner);
    expect(answer).toMatchObject({ status: 422, body: { code: 'quota-above-parent' } });
    expect(answer.body.detail).toContain('would sum to 5 requests.cpu; it has 4 to share');
  });

  it('are planned without a change by a dry run, which shows what would be over', async () => {
    const plan = await api.call(api.admin, 'PUT', `${quota}?dryRun=true`, { limits: { cpu: 8, projects: 0 } });
    expect(plan.body.changes).toContainEqual(
      expect.objectContaining({ resource: 'projects', before: '50', after: '0', used: '1', isOver: true }),
    );
    expect(await itemOf(quota, 'projects')).toMatchObject({ limit: '50', isOver: false });
  });

  it('keep to If-Match', async () => {
    const stale = await api.call(api.admin, 'PUT', quota, { limits: {} }, { 'if-match': '"99"' });
    expect(stale.status).toBe(412);
  });

  it.each([
    [{ bananas: 1 }, 'quota-resource-unknown'],
    [{ cpu: '-1' }, 'quota-amount-unreadable'],
    [{ cpu: '2Gi' }, 'quota-amount-unreadable'],
    [{ cpu: 1e30 }, 'quota-amount-unreadable'],
    [{ memory: 'much' }, 'quota-amount-unreadable'],
    [{ memory: '500m' }, 'quota-amount-unreadable'],
    [{ memory: '１Gi' }, 'quota-amount-unreadable'],
    [{ memory: '9999999999Ei' }, 'quota-amount-unreadable'],
    [{ pods: '1.5' }, 'quota-amount-unreadable'],
    [{ pods: '٣' }, 'quota-amount-unreadable'],
    [{ pоds: 1 }, 'quota-resource-unknown'],
  ])('refuse %j with %s, and name the field', async (limits, code) => {
    const path = `body.limits.${Object.keys(limits)[0]}`;
    expect(await put(quota, limits)).toMatchObject({ status: 422, body: { code, errors: [{ path }] } });
    const increases = { kind: 'quota', payload: { tenant: 'acme', increases: limits }, reason: 'x' };
    const asked = await api.call(owner, 'POST', '/requests', increases);
    expect(asked).toMatchObject({
      status: 422,
      body: { code, errors: [{ path: path.replace('limits', 'payload.increases') }] },
    });
  });

  it('refuse a resource that is named twice', async () => {
    const twice = await put(quota, { cpu: 1, 'requests.cpu': 2 });
    expect(twice).toMatchObject({ status: 422, body: { errors: [{ code: 'named-twice' }] } });
  });

  it.each([
    ['GET', quota],
    ['PUT', quota],
    ['GET', `${quota}/usage`],
    ['GET', `${quota}/queue`],
    ['GET', `${quota}/grants`],
    ['POST', `${quota}/queue/${newId()}/cancel`],
    ['GET', '/tenants/acme/projects/shop/quota'],
    ['PUT', '/tenants/acme/projects/shop/environments/production/quota'],
    ['GET', '/tenants/other/projects/shop/quota'],
  ])('are a 404 to a stranger: %s %s', async (method, path) => {
    const answer = await api.call(stranger, method, path, method === 'PUT' ? { limits: {} } : undefined);
    expect(answer.status).toBe(404);
  });

  it('of all tenants are for the platform’s people', async () => {
    expect((await api.call(owner, 'GET', '/quotas')).status).toBe(403);
    const all = await api.call(api.admin, 'GET', '/quotas');
    expect(all.body.items).toContainEqual(expect.objectContaining({ name: 'acme', isOver: false }));
  });
});

describe('the whole tree', () => {
  const tree = `${quota}/tree`;
  const set = (scopes: object[], token = owner, query = '') => api.call(token, 'PUT', `${tree}${query}`, { scopes });
  const environment = { project: 'shop', environment: 'production' };

  it('is changed at once: only how it stands in the end has to fit', async () => {
    await put(quota, { cpu: 8, projects: 50 });
    const both = [
      { ...environment, limits: { cpu: 6 } },
      { project: 'shop', limits: { cpu: 7, pods: 9 } },
    ];
    const plan = await set(both, owner, '?dryRun=true');
    expect(plan.body.violations).toEqual([]);
    expect(plan.body.changes).toContainEqual(
      expect.objectContaining({ path: 'shop/production', resource: 'requests.cpu', before: null, after: '6' }),
    );
    expect((await api.call(viewer, 'GET', tree)).body.nodes).toContainEqual(
      expect.objectContaining({ path: 'shop', limits: { 'requests.cpu': '4' } }),
    );
    expect((await set(both)).status).toBe(200);
    const { nodes } = (await api.call(viewer, 'GET', tree)).body;
    expect(nodes.map((node: { path: string }) => node.path).slice(0, 2)).toEqual(['', 'shop']);
    expect(nodes).toContainEqual(expect.objectContaining({ path: 'shop', limits: { pods: '9', 'requests.cpu': '7' } }));
  });

  it('tells in a dry run what stands against it, with the path, and is refused else', async () => {
    const scopes = [
      { ...environment, limits: { cpu: 9 } },
      { project: 'shop', limits: { cpu: 9 } },
    ];
    const plan = await set(scopes, owner, '?dryRun=true');
    expect(plan).toMatchObject({
      status: 200,
      body: { violations: [{ path: '', level: 'tenant', resource: 'requests.cpu', sum: '9', room: '8' }] },
    });
    expect(await set(scopes)).toMatchObject({
      status: 422,
      body: { code: 'quota-above-parent', errors: [{ path: 'tenants/acme/quota#requests.cpu' }] },
    });
  });

  it('is divided by its owner, but the tenant’s own limits are the platform’s', async () => {
    expect((await set([{ limits: {} }])).status).toBe(403);
    expect((await set([{ project: 'shop', limits: {} }], viewer)).status).toBe(403);
    expect((await set([{ project: 'shop', limits: {} }], stranger)).status).toBe(404);
    expect((await set([{ project: 'nothing', limits: {} }])).status).toBe(404);
    expect((await set([{ environment: 'production', limits: {} }])).status).toBe(400);
    const twice = { project: 'shop', limits: {} };
    expect((await set([twice, twice])).status).toBe(400);
    expect(await set([{ project: 'shop', limits: { pods: '1.5' } }])).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.scopes.0.limits.pods' }] },
    });
    const stale = await api.call(owner, 'PUT', tree, { scopes: [twice] }, { 'if-match': '"1"' });
    expect(stale.status).toBe(412);
    expect(
      (
        await set([
          { ...environment, limits: {} },
          { project: 'shop', limits: {} },
        ])
      ).status,
    ).toBe(200);
    expect((await set([{ limits: { projects: 50 } }], api.admin)).status).toBe(200);
  });
});

describe('a project', () => {
  it('is refused where the quota of projects is used up: exactly so many of twenty at once', async () => {
    await put(quota, { cpu: 8, projects: 6 });
    const create = (index: number) => api.call(owner, 'POST', '/tenants/acme/projects', { name: `race-${index}` });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => create(index)));
    const made = answers.filter(({ status }) => status < 300);
    expect(made).toHaveLength(5);
    const refused = answers.filter(({ status }) => status === 422);
    expect(refused).toHaveLength(15);
    expect(refused[0]?.body).toMatchObject({ code: 'quota-exceeded', remedy: expect.stringContaining('queue') });
    expect(refused[0]?.body.detail).toContain('The tenant acme has 0 of 6 projects left');
    expect(refused[0]?.body.errors[0]).toMatchObject({ path: 'tenants/acme/quota#projects', code: 'quota-exceeded' });
    expect(await get(Database).read.project.count({ where: { tenant: { name: 'acme' } } })).toBe(6);
    expect(await itemOf(quota, 'projects')).toMatchObject({ used: '6', limit: '6', free: '0', ratio: 1 });
    await put(quota, { cpu: 8, projects: 50 });
  });
});

describe('an increase', () => {
  it('is asked for, granted for a time, and returns by itself; what is used then stays, over quota', async () => {
    const body = {
      kind: 'quota',
      payload: { tenant: 'acme', increases: { projects: 2 } },
      reason: 'launch',
      grantSeconds: 3600,
    };
    await put(quota, { cpu: 8, projects: 6 });
    const asked = await api.call(owner, 'POST', '/requests', body);
    expect(asked).toMatchObject({ status: 201, body: { state: 'pending' } });
    expect((await api.call(stranger, 'POST', '/requests', body)).status).toBe(404);
    const approved = await api.call(api.admin, 'POST', `/requests/${asked.body.id}/approve`, {});
    expect(approved.body.state).toBe('approved');
    expect(await itemOf(quota, 'projects')).toMatchObject({ limit: '8', granted: '2' });
    expect((await api.call(owner, 'POST', '/tenants/acme/projects', { name: 'granted' })).status).toBe(201);
    const grants = await api.call(viewer, 'GET', `${quota}/grants`);
    expect(grants.body.items[0]).toMatchObject({ resource: 'projects', amount: '2', reason: 'launch', endedAt: null });

    await later(2, () => get(QuotaGrants).endExpired());
    await later(2, () => get(QuotaGrants).endExpired());
    expect(await itemOf(quota, 'projects')).toMatchObject({ limit: '6', granted: '0', used: '7', isOver: true });
    expect((await api.call(owner, 'POST', '/tenants/acme/projects', { name: 'more' })).status).toBe(422);
    await put(quota, { cpu: 8, projects: 50 });
  });
});

/** Nobody carries rollouts out here: those that wait to begin are through. */
async function finishRollouts(): Promise<void> {
  const { read } = get(Database);
  for (const { id, releaseId } of await read.rollout.findMany({ where: { state: 'pending' } })) {
    await read.rollout.update({ where: { id }, data: { state: 'healthy', finishedAt: new Date() } });
    await read.placement.updateMany({ data: { releaseId } });
  }
}

describe('a rollout', () => {
  const application = '/tenants/acme/projects/shop/applications/web';

  it('waits in the queue where it is asked to, shows its place, and begins when there is room', async () => {
    await get(Database).read.environment.updateMany({ data: { state: 'ready' } });
    const source = { type: 'image', image: 'registry.test/web:1' };
    await api.call(owner, 'POST', '/tenants/acme/projects/shop/applications', { name: 'web', source });
    const release = await api.call(owner, 'POST', `${application}/releases`, { image: 'registry.test/web:1' });
    expect(release.status).toBe(201);
    await put('/tenants/acme/projects/shop/quota', { pods: 0 });
    const start = { environment: 'production', release: 1 };
    expect(await api.call(owner, 'POST', `${application}/rollouts`, start)).toMatchObject({
      status: 422,
      body: { code: 'quota-exceeded' },
    });
    const queued = await api.call(owner, 'POST', `${application}/rollouts?whenFull=queue`, start);
    expect(queued).toMatchObject({ status: 202, body: { state: 'pending' } });
    const jobs = () => get(Database).read.outboxMessage.count({ where: { name: 'rollouts.advance' } });
    expect(await jobs()).toBe(0);
    await get(QuotaQueue).round();
    const waiting = await api.call(viewer, 'GET', `${quota}/queue?state=waiting`);
    expect(waiting.body.items).toEqual([
      expect.objectContaining({
        state: 'waiting',
        position: 1,
        blockedBy: { level: 'project', resource: 'pods', missing: '1', fits: false },
        subject: `projects/shop/applications/web/rollouts/${queued.body.id}`,
      }),
    ]);
    expect((await api.call(viewer, 'POST', `${quota}/queue/${waiting.body.items[0].id}/cancel`)).status).toBe(403);

    await put('/tenants/acme/projects/shop/quota', { pods: 3 });
    expect(await get(QuotaQueue).round()).toBe(1);
    expect(await jobs()).toBe(1);
    expect(await itemOf('/tenants/acme/projects/shop/quota', 'pods')).toMatchObject({ used: '1', limit: '3' });
  });

  it('can be given up while it waits', async () => {
    await finishRollouts();
    await put('/tenants/acme/projects/shop/quota', { pods: 1 });
    const scaling = `${application}/environments/production/scaling?whenFull=queue`;
    const scaled = await api.call(owner, 'PATCH', scaling, { processes: { web: { replicas: 4 } } });
    expect(scaled.status).toBe(200);
    const [wait] = (await api.call(owner, 'GET', `${quota}/queue?state=waiting`)).body.items;
    const cancelled = await api.call(owner, 'POST', `${quota}/queue/${wait.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { state: 'cancelled', position: null } });
    expect(await get(QuotaQueue).round()).toBe(0);
    expect(await itemOf('/tenants/acme/projects/shop/quota', 'pods')).toMatchObject({ used: '1' });
  });
});

describe('the recount', () => {
  it('finds nothing where all is right, and corrects what is not', async () => {
    await get(QuotaRepair).run();
    expect(await get(QuotaRepair).run()).toBe(0);
    const { read } = get(Database);
    const tenant = await read.tenant.findFirstOrThrow({ where: { name: 'acme' } });
    await read.quotaCounter.updateMany({ where: { scopeId: tenant.id, resource: 'projects' }, data: { used: 99n } });
    await read.quotaClaim.deleteMany({ where: { tenantId: tenant.id, resource: 'applications' } });
    const orphan = { tenantId: tenant.id, subject: `projects/${newId()}`, resource: 'projects', amount: 5n };
    await read.quotaClaim.create({ data: orphan });
    expect(await get(QuotaRepair).run()).toBeGreaterThanOrEqual(3);
    const count = await read.project.count({ where: { tenantId: tenant.id } });
    expect(await itemOf(quota, 'projects')).toMatchObject({ used: String(count) });
    expect(await itemOf(quota, 'applications')).toMatchObject({ used: '1' });
  });
});

describe('a recount that somebody asks for', () => {
  const recount = (body: object, token = api.admin) => api.call(token, 'POST', '/quotas/recount', body);

  it('tells first what differs, then corrects it, and finds placements that hold nothing', async () => {
    expect((await recount({}, owner)).status).toBe(403);
    expect((await recount({ tenant: 'nobody' })).status).toBe(404);
    await recount({});
    const { read } = get(Database);
    const tenant = await read.tenant.findFirstOrThrow({ where: { name: 'acme' } });
    const placement = await read.placement.findFirstOrThrow({ where: { tenantId: tenant.id } });
    const release = await read.release.findFirstOrThrow({ where: { applicationId: placement.applicationId } });
    await read.placement.update({ where: { id: placement.id }, data: { releaseId: release.id, scaling: {} } });
    const held = await read.quotaClaim.findMany({
      where: { subject: `placements/${placement.id}`, NOT: { resource: { startsWith: 'surge:' } } },
    });
    expect(held.length).toBeGreaterThan(0);
    await read.quotaClaim.deleteMany({ where: { subject: `placements/${placement.id}` } });
    await recount({ tenant: 'acme', dryRun: true });
    const plan = await recount({ tenant: 'acme', dryRun: true });
    expect(plan.body.differences).toContainEqual({
      tenant: 'acme',
      what: 'missing-claim',
      subject: `placements/${placement.id}`,
      resource: 'pods',
      before: '0',
      after: '1',
    });
    expect(await read.quotaClaim.count({ where: { subject: `placements/${placement.id}` } })).toBe(0);
    expect((await recount({ tenant: 'acme' })).body.count).toBe(plan.body.count);
    const again = await read.quotaClaim.findMany({ where: { subject: `placements/${placement.id}` } });
    expect(again.map(({ resource, amount }) => [resource, amount]).sort()).toEqual(
      held.map(({ resource, amount }) => [resource, amount]).sort(),
    );
    expect(await recount({ dryRun: true })).toMatchObject({ body: { count: 0, differences: [] } });
  });
});

describe('a cluster’s pool', () => {
  const pool = '/clusters/embedded/pool';
  const set = (limits: object, more: object = {}, token = api.admin) =>
    api.call(token, 'PUT', pool, { limits, ...more });
  const item = async (resource: string) =>
    (await api.call(api.admin, 'GET', pool)).body.items.find((one: { resource: string }) => one.resource === resource);

  it('is for those who look after clusters', async () => {
    for (const [method, path] of [
      ['GET', pool],
      ['PUT', pool],
      ['GET', `${pool}/queue`],
    ] as const)
      expect((await api.call(owner, method, path, method === 'PUT' ? { limits: {} } : undefined)).status).toBe(403);
    expect((await api.call(owner, 'POST', `${pool}/queue/${newId()}/cancel`)).status).toBe(403);
    expect((await api.call(api.admin, 'GET', '/clusters/nowhere/pool')).status).toBe(404);
    expect(await set({ cpu: '-1' })).toMatchObject({ status: 422, body: { errors: [{ path: 'body.limits.cpu' }] } });
  });

  it('follows what the nodes have, times the overcommitment, and tells what is promised', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'big' }, spec: {} };
    await cluster.client.create(nodes, node);
    const allocatable = { cpu: '8', memory: '16Gi', pods: '100' };
    await cluster.client.patch(
      nodes,
      'big',
      undefined,
      { status: { allocatable } },
      { type: 'merge', subresource: 'status' },
    );
    await put(quota, { pods: 120 });
    const limits = { pods: 'nodes', cpu: 'nodes', memory: '12Gi' };
    const plan = await api.call(api.admin, 'PUT', `${pool}?dryRun=true`, { limits, overcommitPercent: 150 });
    expect(plan.body.changes).toContainEqual({
      resource: 'requests.cpu',
      before: null,
      after: '12',
      used: expect.any(String),
      isOver: false,
    });
    expect(await item('requests.cpu')).toMatchObject({ limit: null, allocatable: '8' });
    expect(await set(limits, { overcommitPercent: 150 })).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await item('pods')).toMatchObject({
      limit: '150',
      followsNodes: true,
      allocatable: '100',
      promised: '120',
      used: '1',
    });
    expect(await item('requests.memory')).toMatchObject({ limit: '12Gi', followsNodes: false });
    await cluster.client.patch(
      nodes,
      'big',
      undefined,
      { status: { allocatable: { pods: '60' } } },
      { type: 'merge', subresource: 'status' },
    );
    await get(QuotaPools).refresh();
    expect(await item('pods')).toMatchObject({ limit: '90', promisedRatio: 1.3333 });
    const stale = await api.call(api.admin, 'PUT', pool, { limits: {} }, { 'if-match': '"9"' });
    expect(stale.status).toBe(412);
    await put(quota, { cpu: 8, projects: 50 });
  });

  it('lets who waits for it have his turn, shows the queue, and gives up for him', async () => {
    const application = '/tenants/acme/projects/shop/applications/web';
    await finishRollouts();
    await put('/tenants/acme/projects/shop/quota', {});
    await set({ pods: 1 });
    const scale = (replicas: number, when = '?whenFull=queue') =>
      api.call(owner, 'PATCH', `${application}/environments/production/scaling${when}`, {
        processes: { web: { replicas } },
      });
    expect((await scale(4)).status).toBe(200);
    await get(QuotaQueue).round();
    const waiting = async () => (await api.call(api.admin, 'GET', `${pool}/queue`)).body.items;
    // Four never fit into one: it waits, and holds up nobody.
    expect(await waiting()).toMatchObject([
      { tenant: 'acme', position: 1, blockedBy: { level: 'cluster', fits: false } },
    ]);
    expect(await item('pods')).toMatchObject({ isAwaited: false });
    await set({ pods: 5 });
    const claim = { subject: 'placements/other', amounts: { pods: 3 } };
    const { id: other } = await get(Database).read.tenant.findFirstOrThrow({ where: { name: 'other' } });
    const take = () =>
      get(Database).transaction((tx) => get(QuotasService).charge(tx, { tenantId: other, cluster: 'embedded' }, claim));
    await take();
    await get(QuotaQueue).round();
    expect(await item('pods')).toMatchObject({ isAwaited: true, used: '4', free: '1' });
    expect(await waiting()).toMatchObject([{ blockedBy: { resource: 'pods', missing: '2', fits: true } }]);
    // One is free, but somebody waits: nobody overtakes.
    const overtaking = get(Database).transaction((tx) =>
      get(QuotasService).charge(
        tx,
        { tenantId: other, cluster: 'embedded' },
        { subject: 'placements/small', amounts: { pods: 1 } },
      ),
    );
    await expect(overtaking).rejects.toMatchObject({
      code: 'quota-exceeded',
      message: expect.stringContaining('Others wait'),
    });
    await get(Database).transaction((tx) => get(QuotasService).discharge(tx, other, claim.subject));
    expect(await get(QuotaQueue).round()).toBe(1);
    expect(await waiting()).toEqual([]);
    await get(QuotaQueue).round();
    expect(await item('pods')).toMatchObject({ isAwaited: false, used: '4' });

    await finishRollouts();
    expect((await scale(6)).status).toBe(200);
    await get(QuotaQueue).round();
    const [wait] = await waiting();
    expect((await api.call(api.admin, 'POST', `/clusters/other/pool/queue/${wait.id}/cancel`)).status).toBe(404);
    const cancelled = await api.call(api.admin, 'POST', `${pool}/queue/${wait.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { state: 'cancelled', tenant: 'acme' } });
    expect(await waiting()).toEqual([]);
    const { body } = await api.call(owner, 'GET', '/tenants/acme/audit?action=quota.cancel-wait');
    expect(body.items?.length ?? 1).toBeGreaterThan(0);
    await set({});
    expect(await item('pods')).toMatchObject({ limit: null });
  });
});

describe('use over time', () => {
  it('is sampled each hour, once, and foretells when a limit is reached', async () => {
    const samples = get(QuotaSamples);
    await samples.take();
    expect(await samples.take()).toBe(0);
    const { read } = get(Database);
    const tenant = await read.tenant.findFirstOrThrow({ where: { name: 'acme' } });
    const now = Date.now();
    await read.quotaSample.createMany({
      data: Array.from({ length: 100 }, (_, hour) => ({
        tenantId: tenant.id,
        scopeId: tenant.id,
        resource: 'projects',
        at: new Date(now - (101 - hour) * 3_600_000),
        used: BigInt(Math.floor(hour / 14)),
        limit: 50n,
      })),
      skipDuplicates: true,
    });
    const item = await itemOf(quota, 'projects');
    expect(item.forecast).toMatchObject({ state: 'filling', days: expect.any(Number) });
    const usage = await api.call(viewer, 'GET', `${quota}/usage?resource=projects`);
    expect(usage.body.series).toHaveLength(1);
    expect(usage.body.series[0].points.length).toBeGreaterThan(50);
  });
});

describe('a namespace', () => {
  it('has the tenant’s limits as its own: what it uses and its share of what is free', async () => {
    const { read } = get(Database);
    const rows = await read.environment.findMany({
      where: { tenantId: (await read.tenant.findFirstOrThrow({ where: { name: 'acme' } })).id },
      include: { project: { include: { tenant: true } } },
    });
    await put('/tenants/acme/projects/shop/quota', {});
    await put(quota, { pods: 14, 'build-minutes': 5 });
    for (const row of rows) {
      const { namespace, cluster: name, kind, tenantId, projectId } = row;
      const names = { tenant: row.project.tenant.name, project: row.project.name, environment: row.name };
      const place = { ...names, tenantId, projectId, environmentId: row.id, kind, namespace, cluster: name };
      await cluster.client.create(namespaces, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
        spec: {},
      });
      await get(NamespaceQuotas).applyOne(cluster.client, place);
    }
    expect(get(NamespaceParts).steps()).toContain('quota');
    const hard = async (namespace: string) =>
      (await cluster.client.find(resourceQuotas, 'slipway-quota', namespace))?.spec?.hard ?? {};
    const all = await Promise.all(rows.map((row) => hard(row.namespace)));
    // One of fourteen is used; the others are shared out among all.
    const share = Math.floor(13 / rows.length);
    const most = all.map(({ pods }) => Number(pods)).sort((one, other) => one - other);
    expect(most.slice(0, -1).every((pods) => pods === share)).toBe(true);
    expect(most.at(-1)).toBeGreaterThanOrEqual(share + 1);
    expect(Object.keys(all[0] ?? {})).toEqual(['pods']);
    expect(await cluster.client.find(limitRanges, 'slipway-limits', rows[0]?.namespace ?? '')).toBeTruthy();
    await put(quota, {});
    await get(NamespaceQuotas).applyOne(cluster.client, {
      tenantId: rows[0]?.tenantId ?? '',
      environmentId: rows[0]?.id ?? '',
      namespace: rows[0]?.namespace ?? '',
      cluster: 'embedded',
    });
    expect(await hard(rows[0]?.namespace ?? '')).toEqual({});
  });
});
