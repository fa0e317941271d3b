import { createServer, type Server } from 'node:http';
import type { KubeClient } from '@slipway/orchestrator/client';
import { deployments, namespaces, pods } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApplicationsModule } from '../applications/applications.module.js';
import { selectorLabels } from '../applications/kube-objects.rules.js';
import { secureContainer, securePod } from '../applications/pod-parts.rules.js';
import { NamespaceParts } from '../environments/namespace-parts.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { managedBy } from '../kernel/kubernetes/labels.js';
import { PassRequestProcessor } from '../requests/requests.jobs.js';
import { RequestsModule } from '../requests/requests.module.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { PodSecurityModule } from './pod-security.module.js';

let cluster: TestCluster;
let client: KubeClient;
let api: TestApi;
let registry: Server;
const tokens = new Map<string, string>();
const get = <T>(type: new (...rest: never[]) => T): T => api.app.get(type, { strict: false });
const path = '/tenants/acme/projects/shop/pod-security';
const namespace = 'acme-shop-production';
const enforced = 'pod-security.kubernetes.io/enforce';
const as = (who: string, method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  api.call(who === 'admin' ? api.admin : tokens.get(who), method, url, body, headers);

beforeAll(async () => {
  const databaseUrl = inject('databaseUrl');
  registry = await startRegistry();
  const address = registry.address();
  const port = typeof address === 'object' ? address?.port : 0;
  cluster = await startTestCluster({ databaseUrl });
  client = cluster.client;
  api = await startTestApi({
    databaseUrl,
    redisUrl: inject('redisUrl'),
    env: {
      SLIPWAY_KUBECONFIG: cluster.kubeconfig,
      SLIPWAY_REGISTRY_HOST: 'registry.test',
      SLIPWAY_REGISTRY_URL: `http://127.0.0.1:${port}`,
    },
    modules: [ApplicationsModule, PodSecurityModule, RequestsModule],
  });
  for (const [name, role] of [
    ['olga', 'owner'],
    ['dora', 'developer'],
    ['vera', 'viewer'],
  ] as const) {
    tokens.set(name, await api.createUser(name));
    if (name === 'olga') await as('admin', 'POST', '/tenants', { name: 'acme' });
    await as('admin', 'POST', '/tenants/acme/members', { username: name, role });
  }
  tokens.set('stranger', await api.createUser('stranger'));
  await as('admin', 'POST', '/tenants', { name: 'rival' });
  await as('admin', 'POST', '/tenants/rival/members', { username: 'stranger', role: 'owner' });
  for (const name of ['shop', 'blog']) await as('admin', 'POST', '/tenants/acme/projects', { name });
  await reconcile();
}, 120_000);

afterAll(async () => {
  await api?.close();
  await cluster?.stop();
  registry?.close();
});

/** A registry with images of several users, one of them behind an index. */
async function startRegistry(): Promise<Server> {
  const digestOf = (name: string) => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
  const files: Record<string, unknown> = {};
  const add = (name: string, User?: string) => {
    const whole = { config: { digest: digestOf(`${name}-config`) } };
    files[`manifests/${name}`] = whole;
    files[`manifests/${digestOf(name)}`] = whole;
    files[`blobs/${digestOf(`${name}-config`)}`] = { config: { User } };
  };
  add('numbered', '1000');
  add('rooted');
  add('named', 'node');
  const attestation = { digest: digestOf('nothing'), platform: { os: 'unknown' } };
  const index = { manifests: [attestation, { digest: digestOf('rooted'), platform: { os: 'linux' } }] };
  files['manifests/many'] = index;
  files[`manifests/${digestOf('many')}`] = index;
  const server = createServer((request, response) => {
    const key = (request.url ?? '').replace('/v2/acme/shop/web/', '');
    const file = request.headers.authorization?.startsWith('Bearer ') ? files[key] : undefined;
    const digest = digestOf(key.replace('manifests/', ''));
    response
      .writeHead(file === undefined ? 404 : 200, { 'docker-content-digest': digest })
      .end(file === undefined ? '' : JSON.stringify(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** As the worker does it after a change. */
async function reconcile(): Promise<void> {
  const row = await get(Database).read.environment.findFirstOrThrow({
    where: { namespace },
    include: { project: { include: { tenant: true } } },
  });
  const { project } = row;
  await get(NamespaceParts).ensure(client, {
    tenantId: row.tenantId,
    tenant: project.tenant.name,
    projectId: project.id,
    project: project.name,
    environmentId: row.id,
    environment: row.name,
    kind: row.kind,
    namespace,
    cluster: row.cluster,
  });
}

const metadataOf = async () => (await client.get(namespaces, namespace)).metadata;
const makePod = (name: string, runAsUser?: number) =>
  client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { securityContext: { runAsUser }, containers: [{ name: 'main', image: 'redis' }] },
  });

it('is `restricted` from the start, with a user of the namespace’s own', async () => {
  const { status, body } = await as('vera', 'GET', path);
  expect(status).toBe(200);
  expect(body).toMatchObject({ level: 'restricted', mayLower: false, places: [{ namespace }] });
  const { labels, annotations } = await metadataOf();
  expect(labels?.[enforced]).toBe('restricted');
  expect(annotations?.['slipway.dev/run-as-user']).toBe(String(body.places[0].runAsUser));
  const blog = await as('admin', 'GET', path.replace('shop', 'blog'));
  expect(blog.body.places[0].runAsUser).not.toBe(body.places[0].runAsUser);
});

it('runs an ordinary pod, and refuses one of root with the way to ask for it', async () => {
  const made = await makePod('ordinary');
  expect(made.spec?.securityContext).toMatchObject({ runAsNonRoot: true });
  await expect(makePod('rooted', 0)).rejects.toThrow(
    /runAsUser=0.*slipway requests create pod-security tenant=acme project=shop level=baseline/,
  );
});

it('lets members read, policy makers raise, only the platform lower, and strangers see nothing', async () => {
  expect((await as('dora', 'PUT', path, { level: 'restricted' })).status).toBe(403);
  const refused = await as('olga', 'PUT', path, { level: 'baseline' });
  expect([refused.status, refused.body.code]).toEqual([403, 'pod-security-needs-consent']);
  expect((await as('olga', 'PUT', path, { level: 'restricted' })).status).toBe(200);
  expect((await as('admin', 'PUT', path, { level: 'privileged' })).status).toBe(400);
  for (const [method, url, body] of [
    ['GET', path, undefined],
    ['PUT', path, { level: 'baseline' }],
    ['POST', `${path}/image-checks`, { image: 'redis' }],
  ] as const)
    expect((await as('stranger', method, url, body)).status).toBe(404);
  expect((await as('admin', 'GET', path.replace('shop', 'none'))).status).toBe(404);
  expect((await metadataOf()).labels?.[enforced]).toBe('restricted');
});

it.each([
  ['registry.test/acme/shop/web:numbered', 'number', null],
  ['registry.test/acme/shop/web:rooted', 'root', 'as root'],
  ['registry.test/acme/shop/web:many', 'root', 'as root'],
  ['registry.test/acme/shop/web:named', 'name', 'as "node"'],
  ['registry.test/acme/shop/web:gone', 'unknown', 'Nobody here knows'],
  ['docker.io/library/redis', 'unknown', 'Nobody here knows'],
])('says beforehand of %s whom it runs as: %s', async (image, user, warning) => {
  const { status, body } = await as('dora', 'POST', `${path}/image-checks`, { image });
  expect(status).toBe(200);
  expect(body).toMatchObject({ image, user, level: 'restricted' });
  if (warning === null) expect(body.warning).toBeNull();
  else expect(body.warning).toContain(warning);
});

describe('what Slipway runs there already', () => {
  const names = { tenant: 'acme', project: 'shop', environment: 'production', application: 'web' };
  const labels = { ...managedBy, ...selectorLabels(names, 'web') };
  const spec = async () => (await client.get(deployments, 'web-web', namespace)).spec?.template.spec;

  beforeAll(async () => {
    const containers = [{ name: 'web', image: 'web:1', securityContext: secureContainer() }];
    await client.create(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web-web', namespace, labels },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { securityContext: securePod(), containers } },
      },
    });
  });

  it('follows the level down, with audit and an event', async () => {
    const { body } = await as('admin', 'GET', path);
    const stale = await as('admin', 'PUT', path, { level: 'baseline' }, { 'if-match': '"99"' });
    expect(stale.status).toBe(412);
    const put = await as('admin', 'PUT', path, { level: 'baseline' }, { 'if-match': `"${body.version}"` });
    expect(put.body).toMatchObject({ level: 'baseline', mayLower: true, version: body.version + 1 });
    const { read } = get(Database);
    const [entry] = await read.auditEvent.findMany({ where: { action: 'pod-security.update' } });
    expect(entry).toMatchObject({ actor: expect.anything() });
    expect(await read.outboxMessage.count({ where: { name: 'environments.reconcile' } })).toBeGreaterThan(0);
    await reconcile();
    expect((await metadataOf()).labels?.[enforced]).toBe('baseline');
    expect((await spec())?.securityContext).toEqual(securePod('baseline'));
    expect((await spec())?.containers[0]?.securityContext).toEqual(secureContainer('baseline'));
    expect((await makePod('rooted', 0)).metadata.name).toBe('rooted');
    const check = await as('dora', 'POST', `${path}/image-checks`, { image: 'registry.test/acme/shop/web:rooted' });
    expect(check.body).toMatchObject({ level: 'baseline', user: 'root', warning: null });
  });

  it('and up again, once', async () => {
    expect((await as('olga', 'PUT', path, { level: 'restricted' })).body.level).toBe('restricted');
    await reconcile();
    expect((await metadataOf()).labels?.[enforced]).toBe('restricted');
    expect((await spec())?.containers[0]?.securityContext).toEqual(secureContainer());
    const before = (await client.get(deployments, 'web-web', namespace)).metadata.resourceVersion;
    await reconcile();
    expect((await client.get(deployments, 'web-web', namespace)).metadata.resourceVersion).toBe(before);
    await expect(makePod('again', 0)).rejects.toThrow('runAsUser=0');
  });
});

describe('a request', () => {
  const ask = (who: string, payload: object, more: object = {}) =>
    as(who, 'POST', '/requests', { kind: 'pod-security', payload, reason: 'an old image', ...more });
  const payload = { tenant: 'acme', project: 'shop', level: 'baseline' };
  const levelOf = async () => (await as('vera', 'GET', path)).body.level;

  it('is the platform’s to decide, holds for its time, and ends', async () => {
    const asked = await ask('dora', payload, { grantSeconds: 3600 });
    expect(asked.status, JSON.stringify(asked.body)).toBe(201);
    const { id } = asked.body;
    expect((await as('olga', 'POST', `/requests/${id}/approve`, {})).status).toBe(403);
    expect(await levelOf()).toBe('restricted');
    expect((await as('admin', 'POST', `/requests/${id}/approve`, {})).body).toMatchObject({ state: 'approved' });
    expect(await levelOf()).toBe('baseline');
    const clock = get(Clock);
    const original = clock.now.bind(clock);
    clock.now = () => new Date(original().getTime() + 2 * 3_600_000);
    try {
      await get(PassRequestProcessor).run({ requestId: id });
    } finally {
      clock.now = original;
    }
    expect(await levelOf()).toBe('restricted');
  });

  it('cannot ask for more, nor about what is not there or not theirs', async () => {
    expect((await ask('dora', { ...payload, level: 'privileged' })).status).toBe(422);
    expect((await ask('dora', { ...payload, project: 'none' })).status).toBe(404);
    expect((await ask('stranger', payload)).status).toBe(404);
  });
});
