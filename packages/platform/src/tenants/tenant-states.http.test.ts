import { cronJobs, deployments, namespaces, persistentVolumeClaims, resourceQuotas } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ProvisionEnvironmentProcessor } from '../environments/environments.jobs.js';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { ApplyTenantStateProcessor } from './tenant-states.jobs.js';

const namespace = 'acme-shop-production';
const context = { signal: new AbortController().signal };
let cluster: TestCluster;
let api: TestApi;
let dev: string;
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  cluster = await startTestCluster({ databaseUrl });
  const env = { SLIPWAY_KUBECONFIG: cluster.kubeconfig };
  api = await startTestApi({ databaseUrl, redisUrl: inject('redisUrl'), env });
  dev = await api.createUser('dev');
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(api.admin, 'POST', '/tenants/acme/members', { username: 'dev', role: 'owner' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
  for (const { payload } of await messages('environments.provision'))
    await get(ProvisionEnvironmentProcessor).run(payload as Parameters<ProvisionEnvironmentProcessor['run']>[0]);
  await createWorkloads();
});
afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});

const messages = (name: string) =>
  get(Database).read.outboxMessage.findMany({ where: { name }, orderBy: { createdAt: 'asc' } });

async function createWorkloads() {
  const template = (app: string) => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'c', image: 'registry.example.com/a:1' }] },
  });
  for (const [name, replicas] of [
    ['web', 3],
    ['idle', 0],
  ] as const) {
    await cluster.client.create(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) },
    });
  }
  await cluster.client.create(cronJobs, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace },
    spec: {
      schedule: '0 3 * * *',
      jobTemplate: { spec: { template: { spec: { ...template('n').spec, restartPolicy: 'Never' } } } },
    },
  });
  await cluster.client.create(persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
}

const move = (state: string, more: object = {}, token = api.admin) =>
  api.call(token, 'POST', '/tenants/acme/state', { state, reason: 'Because of the test.', ...more });
const replicasOf = async (name: string) => (await cluster.client.get(deployments, name, namespace)).spec?.replicas;
const isNightlySuspended = async () =>
  (await cluster.client.get(cronJobs, 'nightly', namespace)).spec?.suspend === true;

/** What the worker would do with the newest job, twice: as after a crash at its very end. */
async function work() {
  const job = (await messages('tenants.apply-state')).at(-1);
  const payload = job?.payload as { tenantId: string; operation: string };
  await get(ApplyTenantStateProcessor).run(payload, context);
  await get(ApplyTenantStateProcessor).run(payload, context);
  return (await api.call(api.admin, 'GET', `/operations/${payload.operation}`)).body;
}

describe('a cordoned tenant', () => {
  it('refuses every change with the reason, and can be read', async () => {
    expect((await move('cordoned')).body).toMatchObject({ state: 'cordoned', operation: null });
    for (const [method, path, body] of [
      ['POST', '/tenants/acme/projects', { name: 'other' }],
      ['PATCH', '/tenants/acme', { displayName: 'x' }],
      ['DELETE', '/tenants/acme/projects/shop', undefined],
    ] as const) {
      const answer = await api.call(dev, method, path, body);
      expect(answer.status, path).toBe(409);
      expect(answer.body).toMatchObject({ code: 'tenant-cordoned', remedy: expect.stringContaining('administrator') });
    }
    expect((await api.call(dev, 'GET', '/tenants/acme/projects')).status).toBe(200);
    expect((await api.call(dev, 'GET', '/tenants/acme/state')).body).toMatchObject({ reason: 'Because of the test.' });
    expect(await replicasOf('web')).toBe(3);
  });

  it('is moved by nobody but the platform', async () => {
    expect((await move('active', {}, dev)).body.code).toBe('forbidden');
    expect((await move('archived')).body.code).toBe('tenant-state-impossible');
  });
});

describe('a suspended tenant', () => {
  it('stands still, and nothing can be started beside', async () => {
    const { body } = await move('suspended');
    expect(body.operation).toEqual(expect.any(String));
    expect(await work()).toMatchObject({ state: 'succeeded' });
    expect(await replicasOf('web')).toBe(0);
    expect(await isNightlySuspended()).toBe(true);
    expect((await cluster.client.get(resourceQuotas, 'slipway-suspended', namespace)).spec?.hard).toEqual({
      pods: '0',
    });
    expect((await api.call(dev, 'POST', '/tenants/acme/projects', { name: 'x1' })).body.code).toBe('tenant-suspended');
  });

  it('comes back exactly as it was', async () => {
    await move('active');
    expect(await work()).toMatchObject({ state: 'succeeded' });
    expect([await replicasOf('web'), await replicasOf('idle')]).toEqual([3, 0]);
    expect(await isNightlySuspended()).toBe(false);
    expect(await cluster.client.find(resourceQuotas, 'slipway-suspended', namespace)).toBeUndefined();
    const { metadata } = await cluster.client.get(deployments, 'web', namespace);
    expect(JSON.stringify(metadata.annotations ?? {})).not.toContain('suspension');
  });

  it('follows the state of now when an older job comes late', async () => {
    await move('suspended');
    await move('active');
    for (const { payload } of (await messages('tenants.apply-state')).slice(-2).reverse())
      await get(ApplyTenantStateProcessor).run(payload as { tenantId: string; operation: string }, context);
    expect(await replicasOf('web')).toBe(3);
  });
});

describe('an archived tenant', () => {
  it('needs its name typed, loses what runs and keeps its data', async () => {
    await move('suspended');
    await work();
    expect((await move('archived')).body.code).toBe('tenant-not-confirmed');
    expect((await move('archived', { confirm: 'acme' })).status).toBe(200);
    expect(await work()).toMatchObject({ state: 'succeeded' });
    expect((await cluster.client.list(deployments, { namespace })).items).toEqual([]);
    expect((await cluster.client.list(cronJobs, { namespace })).items).toEqual([]);
    expect((await cluster.client.list(persistentVolumeClaims, { namespace })).items).toHaveLength(1);
    expect((await cluster.client.get(namespaces, namespace)).metadata.deletionTimestamp).toBeUndefined();
    expect((await api.call(dev, 'GET', '/tenants/acme/projects/shop/environments')).body.items).toHaveLength(1);
  });

  it('can be deleted without its name, any other only with it', async () => {
    await api.call(api.admin, 'POST', '/tenants', { name: 'beta' });
    expect((await api.call(api.admin, 'DELETE', '/tenants/beta')).body.code).toBe('tenant-not-confirmed');
    expect((await api.call(api.admin, 'DELETE', '/tenants/beta?confirm=acme')).body.code).toBe('tenant-not-confirmed');
    expect((await api.call(api.admin, 'DELETE', '/tenants/beta?confirm=beta')).status).toBe(202);
    expect((await api.call(api.admin, 'DELETE', '/tenants/acme')).status).toBe(202);
    expect((await api.call(api.admin, 'DELETE', '/tenants/acme')).body.code).toBe('tenant-being-deleted');
  });
});
