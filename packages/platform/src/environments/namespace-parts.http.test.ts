import { namespaces, secrets } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { NamespaceItself, PullSecret } from './built-in-parts.js';
import { ProvisionEnvironmentProcessor } from './environments.jobs.js';
import {
  NamespacesBehind,
  ReconcileEnvironmentsProcessor,
  RefreshEnvironmentProcessor,
} from './environments.reconcile.js';
import { NamespaceParts } from './namespace-parts.service.js';

let cluster: TestCluster;
let api: TestApi;
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  cluster = await startTestCluster({ databaseUrl });
  const env = { SLIPWAY_KUBECONFIG: cluster.kubeconfig };
  api = await startTestApi({ databaseUrl, redisUrl: inject('redisUrl'), env });
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
});
afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});

/** A project with its first environment's job, which no worker takes. */
async function createProject(name: string) {
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name });
  const database = get(Database).read;
  const environment = await database.environment.findFirstOrThrow({ where: { project: { name } } });
  const messages = await database.outboxMessage.findMany({ where: { name: 'environments.provision' } });
  const payloads = messages.map((message) => message.payload as Parameters<ProvisionEnvironmentProcessor['run']>[0]);
  const job = payloads.find((payload) => payload.environmentId === environment.id);
  if (!job) throw new Error('no job');
  return { environment, job };
}
const read = async (name: string) =>
  (await api.call(api.admin, 'GET', `/tenants/acme/projects/${name}/environments/production`)).body;

describe('the parts of a namespace', () => {
  it('are the steps of the operation that provisions it, in their order', async () => {
    const { job, environment } = await createProject('shop');
    const before = await api.call(api.admin, 'GET', `/operations/${job.operation}`);
    const steps = before.body.steps.map((step: { name: string }) => step.name);
    expect(steps).toEqual(get(NamespaceParts).steps());
    expect(steps.slice(0, 2)).toEqual(['namespace', 'pull secret']);
    await get(ProvisionEnvironmentProcessor).run(job);
    await get(ProvisionEnvironmentProcessor).run(job);
    const after = await api.call(api.admin, 'GET', `/operations/${job.operation}`);
    expect(after.body).toMatchObject({ state: 'succeeded', progress: 100 });
    expect(await read('shop')).toMatchObject({ state: 'ready' });
    expect(await cluster.client.find(secrets, 'slipway-registry', environment.namespace)).toBeTruthy();
  });

  it('resume after a crash between any two of them', async () => {
    const { job, environment } = await createProject('crash');
    const place = { ...job, ...environment, environmentId: environment.id, environment: 'production' };
    await get(NamespaceItself).ensure(cluster.client, place);
    await get(ProvisionEnvironmentProcessor).run(job);
    expect(await read('crash')).toMatchObject({ state: 'ready' });
  });

  it('are taken back when provisioning is given up, and done again by reconcile', async () => {
    const { job, environment } = await createProject('undone');
    const place = { ...job, ...environment, environmentId: environment.id, environment: 'production' };
    await get(NamespaceItself).ensure(cluster.client, place);
    await get(PullSecret).ensure(cluster.client, place);
    await get(ProvisionEnvironmentProcessor).giveUp(job, new Error('No room.'));
    expect(await read('undone')).toMatchObject({ state: 'failed', message: 'No room.' });
    const left = await cluster.client.find(namespaces, environment.namespace);
    expect(left === undefined || left.metadata.deletionTimestamp !== undefined).toBe(true);
    expect(await get(Database).read.robot.count({ where: { projectId: environment.projectId } })).toBe(0);
  });

  it('reach namespaces that stand when they change, and only those', async () => {
    const { job, environment } = await createProject('behind');
    await get(ProvisionEnvironmentProcessor).run(job);
    const database = get(Database).read;
    await database.environment.update({ where: { id: environment.id }, data: { partsVersion: 'older' } });
    await cluster.client.delete(secrets, 'slipway-registry', environment.namespace);
    await get(NamespacesBehind).onApplicationBootstrap();
    const where = { name: 'environments.reconcile' };
    const message = await database.outboxMessage.findFirstOrThrow({ where });
    await get(ReconcileEnvironmentsProcessor).run(message.payload as { isBehind: boolean });
    const refresh = await database.outboxMessage.findMany({ where: { name: 'environments.refresh' } });
    const ids = refresh.map(({ payload }) => (payload as { environmentId: string }).environmentId);
    expect(ids).toContain(environment.id);
    expect(ids).not.toContain(
      (await database.environment.findFirstOrThrow({ where: { project: { name: 'shop' } } })).id,
    );
    await get(RefreshEnvironmentProcessor).run({ environmentId: environment.id });
    expect(await cluster.client.find(secrets, 'slipway-registry', environment.namespace)).toBeTruthy();
    expect(await get(Database).read.environment.findUniqueOrThrow({ where: { id: environment.id } })).toMatchObject({
      partsVersion: get(NamespaceParts).version(),
    });
  });
});
