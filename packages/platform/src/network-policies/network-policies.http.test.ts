import { networkPolicies } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { ApplicationsModule } from '../applications/applications.module.js';
import { ProvisionEnvironmentProcessor } from '../environments/environments.jobs.js';
import { NamespaceParts } from '../environments/namespace-parts.service.js';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { BuildNetwork } from './build-network.service.js';
import { NamespaceNetwork } from './namespace-network.js';
import { NetworkPoliciesModule } from './network-policies.module.js';

let cluster: TestCluster;
let api: TestApi;
let viewer: string;
let stranger: string;
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });
const path = '/tenants/acme/network';
const ofShop = '/tenants/acme/projects/shop/network';
const asAdmin = (method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  api.call(api.admin, method, url, body, headers);

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  cluster = await startTestCluster({ databaseUrl });
  const env = { SLIPWAY_KUBECONFIG: cluster.kubeconfig };
  api = await startTestApi({
    databaseUrl,
    redisUrl: inject('redisUrl'),
    env,
    modules: [ApplicationsModule, NetworkPoliciesModule],
  });
  viewer = await api.createUser('viewer');
  stranger = await api.createUser('stranger');
  await asAdmin('POST', '/tenants', { name: 'acme' });
  await asAdmin('POST', '/tenants', { name: 'rival' });
  await asAdmin('POST', '/tenants/acme/members', { username: 'viewer', role: 'viewer' });
  await asAdmin('POST', '/tenants/rival/members', { username: 'stranger', role: 'owner' });
  for (const name of ['shop', 'blog']) await asAdmin('POST', '/tenants/acme/projects', { name });
});
afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});

const reachesOf = (body: { places: { namespace: string; reaches: string[] }[] }) =>
  Object.fromEntries(body.places.map((place) => [place.namespace, place.reaches]));

it('answers the defaults, and that all namespaces of a tenant reach each other', async () => {
  const { status, body } = await asAdmin('GET', path);
  expect(status).toBe(200);
  expect(body).toMatchObject({ mode: 'tenant', egress: 'open', allow: [], builds: 'open', version: 0 });
  const both = ['acme-blog-production', 'acme-shop-production'];
  expect(reachesOf(body)).toEqual({ 'acme-blog-production': both, 'acme-shop-production': both });
});

it('lets members read, administrators change, and strangers see nothing', async () => {
  expect((await api.call(viewer, 'GET', path)).status).toBe(200);
  expect((await api.call(viewer, 'PUT', path, {})).status).toBe(403);
  expect((await api.call(viewer, 'PUT', ofShop, { mode: 'namespace' })).status).toBe(403);
  for (const [method, url] of [
    ['GET', path],
    ['PUT', path],
    ['GET', ofShop],
    ['PUT', ofShop],
  ] as const) {
    expect((await api.call(stranger, method, url, method === 'PUT' ? { mode: 'tenant' } : undefined)).status).toBe(404);
  }
  expect((await asAdmin('GET', '/tenants/acme/projects/nothing/network')).status).toBe(404);
});

it('tries a change without making it', async () => {
  const tried = await asAdmin('PUT', `${ofShop}?dryRun=true`, { mode: 'namespace' });
  expect(tried.body).toMatchObject({ mode: 'namespace', inForce: 'namespace', version: 0 });
  expect((await asAdmin('GET', ofShop)).body).toMatchObject({ mode: null, inForce: 'tenant', version: 0 });
  const all = await asAdmin('PUT', `${path}?dryRun=true`, { mode: 'project' });
  expect(reachesOf(all.body)['acme-shop-production']).toEqual(['acme-shop-production']);
  expect((await asAdmin('GET', path)).body.mode).toBe('tenant');
});

it('sets a project’s mode, with audit and the namespaces done again', async () => {
  const put = await asAdmin('PUT', ofShop, { mode: 'project' });
  expect(put.body).toMatchObject({ mode: 'project', inForce: 'project', version: 1 });
  expect(reachesOf((await asAdmin('GET', path)).body)['acme-blog-production']).toEqual(['acme-blog-production']);
  const database = get(Database).read;
  expect(await database.auditEvent.count({ where: { action: 'network.update' } })).toBe(1);
  const project = await database.project.findFirstOrThrow({ where: { name: 'shop' } });
  const messages = await database.outboxMessage.findMany({ where: { name: 'environments.reconcile' } });
  expect(messages.map((message) => message.payload)).toContainEqual({
    tenantId: project.tenantId,
    projectId: project.id,
  });
  const stale = await asAdmin('PUT', ofShop, { mode: null }, { 'if-match': '"0"' });
  expect(stale.status).toBe(412);
  expect((await asAdmin('PUT', ofShop, { mode: null }, { 'if-match': '"1"' })).body).toMatchObject({
    mode: null,
    version: 2,
  });
});

it.each([
  [{ mode: 'world' }, 'body.mode'],
  [{ egress: 'list', allow: [{ cidr: '169.254.169.254/32' }] }, 'body.allow.0.cidr'],
  [{ egress: 'list', allow: [{ cidr: '127.0.0.1/32' }] }, 'body.allow.0.cidr'],
  [{ allow: [{ cidr: '10.0.0.0/8', ports: [{ port: 90, endPort: 80 }] }] }, 'body.allow.0.ports.0'],
  [{ allow: [{ cidr: 'everywhere' }] }, 'body.allow.0.cidr'],
  [{ open: true }, 'body'],
])('refuses %j', async (body, at) => {
  const answer = await asAdmin('PUT', path, body);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0].path).toBe(at);
});

it('writes the policy as a step of provisioning, and follows what is set', async () => {
  const database = get(Database).read;
  const environment = await database.environment.findFirstOrThrow({ where: { namespace: 'acme-shop-production' } });
  expect(get(NamespaceParts).steps()).toContain('network policy');
  const messages = await database.outboxMessage.findMany({ where: { name: 'environments.provision' } });
  const payloads = messages.map((message) => message.payload as Parameters<ProvisionEnvironmentProcessor['run']>[0]);
  const job = payloads.find((payload) => payload.environmentId === environment.id);
  if (!job) throw new Error('no job');
  await get(ProvisionEnvironmentProcessor).run(job);
  const read = async () => (await cluster.client.get(networkPolicies, 'slipway-default', environment.namespace)).spec;
  expect((await read()).ingress?.[0]?.from?.[0]?.namespaceSelector?.matchLabels).toEqual({
    'slipway.dev/tenant': 'acme',
  });
  await asAdmin('PUT', path, { mode: 'namespace', egress: 'closed' });
  const place = { ...job, kind: 'production', namespace: environment.namespace, cluster: 'embedded' };
  await get(NamespaceNetwork).ensure(cluster.client, place);
  await get(NamespaceNetwork).ensure(cluster.client, place);
  const after = await read();
  expect(after.ingress?.[0]?.from?.[0]?.namespaceSelector?.matchLabels).toMatchObject({
    'slipway.dev/environment': 'production',
  });
  expect(after.egress).toHaveLength(2);
  const { metadata } = await cluster.client.get(networkPolicies, 'slipway-default', environment.namespace);
  await get(NamespaceNetwork).ensure(cluster.client, place);
  const again = await cluster.client.get(networkPolicies, 'slipway-default', environment.namespace);
  expect(again.metadata.resourceVersion).toBe(metadata.resourceVersion);
});

it('shuts build pods in before they are made', async () => {
  const { id: tenantId } = await get(Database).read.tenant.findFirstOrThrow({ where: { name: 'acme' } });
  await asAdmin('PUT', path, { builds: 'closed' });
  await get(BuildNetwork).ensure(cluster.client, 'default', { id: tenantId, name: 'acme' });
  const { spec } = await cluster.client.get(networkPolicies, 'slipway-default', 'default');
  expect(spec.ingress ?? []).toEqual([]);
  expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
  expect(spec.egress).toHaveLength(2);
});

it('refuses a git source that leads inside', async () => {
  for (const url of [
    'http://127.0.0.1:7605/x.git',
    'http://[::1]/x.git',
    'http://2130706433/x.git',
    'http://169.254.169.254/x',
  ]) {
    const body = { name: 'inner', source: { type: 'git', url }, processes: { web: { port: 8080 } } };
    const answer = await asAdmin('POST', '/tenants/acme/projects/shop/applications', body);
    expect([answer.status, answer.body.code]).toEqual([422, 'url-not-allowed']);
  }
});
