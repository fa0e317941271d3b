import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeClient } from '@slipway/orchestrator/client';
import { deployments, pods } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { NamespaceParts } from '../environments/namespace-parts.service.js';
import { Database } from '../kernel/database/index.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { ClusterAdmission } from './cluster-admission.js';
import { ImageAdmission } from './image-admission.service.js';
import { PoliciesModule } from './policies.module.js';

const digest = `sha256:${'a'.repeat(64)}`;
const namespace = 'acme-shop-production';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicPem = String(publicKey.export({ type: 'spki', format: 'pem' }));

let api: TestApi;
let cluster: TestCluster;
let client: KubeClient;
let registry: Server;
let developer: string;
let owner: string;
let tenantId: string;

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  client = cluster.client;
  registry = await startRegistry();
  const { port } = registry.address() as AddressInfo;
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [PoliciesModule, ReleasesModule],
    env: {
      SLIPWAY_KUBECONFIG: cluster.kubeconfig,
      SLIPWAY_REGISTRY_URL: `http://127.0.0.1:${port}`,
      SLIPWAY_REGISTRY_HOST: 'registry.test',
    },
  });
  developer = await api.createUser('dora');
  owner = await api.createUser('olga');
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme', owner: 'olga' });
  await api.call(owner, 'POST', '/tenants/acme/projects', { name: 'shop' });
  await api.call(owner, 'POST', '/tenants/acme/members', { username: 'dora', role: 'developer' });
  const source = { type: 'push' };
  await api.call(owner, 'POST', '/tenants/acme/projects/shop/applications', { name: 'web', source });
  tenantId = (await api.call(owner, 'GET', '/tenants/acme')).body.id;
  const { id, projectId } = await api.app.get(Database).read.environment.findUniqueOrThrow({ where: { namespace } });
  await api.app.get(NamespaceParts).ensure(client, {
    tenantId,
    tenant: 'acme',
    projectId,
    project: 'shop',
    environmentId: id,
    environment: 'production',
    kind: 'production',
    namespace,
    cluster: 'embedded',
  });
}, 120_000);

afterAll(async () => {
  await api?.close();
  await cluster?.stop();
  registry?.close();
});

/** A registry with one image, `acme/shop/web`, signed as cosign does it. */
async function startRegistry(): Promise<Server> {
  const image = { 'docker-manifest-digest': digest };
  const payload = JSON.stringify({ critical: { image, type: 'cosign container image signature' }, optional: null });
  const blob = `sha256:${createHash('sha256').update(payload).digest('hex')}`;
  const annotations = {
    'dev.cosignproject.cosign/signature': sign('sha256', Buffer.from(payload), privateKey).toString('base64'),
  };
  const mediaType = 'application/vnd.dev.cosign.simplesigning.v1+json';
  const files: Record<string, string> = {
    [`/v2/acme/shop/web/manifests/${digest.replace(':', '-')}.sig`]: JSON.stringify({
      layers: [{ mediaType, digest: blob, annotations }],
    }),
    [`/v2/acme/shop/web/blobs/${blob}`]: payload,
    '/v2/acme/shop/web/manifests/v1': '{}',
  };
  const server = createServer((request, response) => {
    const file = request.headers.authorization?.startsWith('Bearer ') ? files[request.url ?? ''] : undefined;
    response.writeHead(file === undefined ? 404 : 200, { 'docker-content-digest': digest }).end(file ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const restricted = {
  securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
};
const podSpec = (image: string) => ({
  securityContext: { seccompProfile: { type: 'RuntimeDefault' as const } },
  containers: [{ name: 'web', image, ...restricted }],
});

/** Makes a pod by the cluster's own administrator: whom no door of ours stands before. */
async function runPod(name: string, image: string): Promise<string> {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: podSpec(image) };
  return client.create(pods, pod).then(
    () => 'created',
    (error: Error) => error.message,
  );
}

const carry = () => api.app.get(ClusterAdmission).apply(client);

describe('a policy of the platform that is enforced', () => {
  beforeAll(async () => {
    const answer = await api.call(api.admin, 'POST', '/image-policies', {
      name: 'own-registry',
      mode: 'enforce',
      registries: ['registry.test', 'ghcr.io/acme'],
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    await carry();
  });

  it('refuses a release with the rule and the remedy, and notes it', async () => {
    const path = '/tenants/acme/projects/shop/applications/web/releases';
    const refused = await api.call(developer, 'POST', path, { image: 'docker.io/library/busybox' });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ code: 'image-refused', errors: [{ code: 'image-registry' }] });
    expect(refused.body.detail).toContain('ghcr.io/acme');
    expect((await api.call(developer, 'POST', path, { image: 'ghcr.io/acme/web:1' })).status).toBe(201);
    const { body } = await api.call(developer, 'GET', '/tenants/acme/image-verdicts');
    expect(body.items).toMatchObject([{ policy: 'own-registry', outcome: 'refused', actor: 'dora', rule: 'registry' }]);
  });

  it('is said beforehand, without a trace', async () => {
    const check = await api.call(developer, 'POST', '/tenants/acme/image-checks', { image: 'busybox' });
    expect(check.body).toMatchObject({ isAllowed: false, verdicts: [{ rule: 'registry', mode: 'enforce' }] });
  });

  it('is kept by the cluster itself, whoever asks', async () => {
    expect(await runPod('bad', 'busybox')).toContain('own-registry');
    expect(await runPod('worse', 'ghcr.io/acme-evil/web')).toContain('own-registry');
    expect(await runPod('good', 'ghcr.io/acme/web:1')).toBe('created');
    const labels = { app: 'x' };
    const template = { metadata: { labels }, spec: podSpec('busybox') };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', namespace },
      spec: { selector: { matchLabels: labels }, template },
    };
    await expect(client.create(deployments, deployment)).rejects.toThrow(/own-registry/);
  });

  it('lets an exempted image pass until its day', async () => {
    const answer = await api.call(api.admin, 'POST', '/image-policies/own-registry/exemptions', {
      image: 'docker.io/library/busybox',
      tenant: 'acme',
      reason: 'a debugging tool',
      expiresInDays: 1,
    });
    expect(answer.body.exemptions, JSON.stringify(answer.body)).toMatchObject([{ tenant: 'acme' }]);
    await carry();
    expect(await runPod('exempt', 'busybox')).toBe('created');
    const check = await api.call(developer, 'POST', '/tenants/acme/image-checks', { image: 'busybox' });
    expect(check.body.isAllowed).toBe(true);
    const id = answer.body.exemptions[0].id;
    await api.call(api.admin, 'DELETE', `/image-policies/own-registry/exemptions/${id}`);
    await carry();
    expect(await runPod('again', 'busybox')).toContain('own-registry');
  });

  it('lets what runs be changed in everything but its image', async () => {
    const metadata = { labels: { more: 'x' } };
    await client.patch(pods, 'exempt', namespace, { metadata }, { type: 'merge' });
    const spec = { containers: [{ name: 'web', image: 'nginx' }] };
    await expect(client.patch(pods, 'exempt', namespace, { spec }, { type: 'strategic' })).rejects.toThrow();
  });

  it('is read and not changed by tenants', async () => {
    const list = await api.call(developer, 'GET', '/tenants/acme/image-policies');
    expect(list.body.items).toMatchObject([{ name: 'own-registry', tenant: null }]);
    expect((await api.call(owner, 'DELETE', '/tenants/acme/image-policies/own-registry')).status).toBe(404);
    expect((await api.call(owner, 'DELETE', '/image-policies/own-registry')).status).toBe(403);
    const exemption = { image: 'busybox', reason: 'because' };
    const path = '/tenants/acme/image-policies/own-registry/exemptions';
    expect((await api.call(owner, 'POST', path, exemption)).status).toBe(404);
  });

  it('is gone from the cluster when it is deleted', async () => {
    expect((await api.call(api.admin, 'DELETE', '/image-policies/own-registry')).status).toBe(204);
    await carry();
    expect(await runPod('free', 'busybox')).toBe('created');
  });
});

describe('a policy of a tenant', () => {
  it('asks for digests, and warns before it is enforced', async () => {
    const body = { name: 'digests', requireDigest: true, environmentKinds: ['production'] };
    expect((await api.call(developer, 'POST', '/tenants/acme/image-policies', body)).status).toBe(403);
    expect((await api.call(owner, 'POST', '/tenants/acme/image-policies', body)).body.mode).toBe('warn');
    await carry();
    expect(await runPod('warned', 'busybox')).toBe('created');
    await api.call(owner, 'PATCH', '/tenants/acme/image-policies/digests', { mode: 'enforce' });
    await carry();
    expect(await runPod('tagged', 'busybox')).toContain('digests');
    expect(await runPod('named', `busybox@${digest}`)).toBe('created');
    await api.call(owner, 'DELETE', '/tenants/acme/image-policies/digests');
    await carry();
  });

  it('asks for signatures of its keys', async () => {
    const body = { name: 'signed', mode: 'enforce', signatureKeys: [{ name: 'ci', publicKey: publicPem }] };
    const created = await api.call(owner, 'POST', '/tenants/acme/image-policies', body);
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    const admission = api.app.get(ImageAdmission, { strict: false });
    const rulesOf = async (image: string) =>
      (await admission.judge({ tenantId }, image)).map(({ rule, message }) => `${rule}: ${message}`);
    expect(await rulesOf(`registry.test/acme/shop/web@${digest}`)).toEqual([]);
    expect(await rulesOf('registry.test/acme/shop/web:v1')).toEqual([]);
    expect(await rulesOf('registry.test/acme/shop/other:v1')).toMatchObject([expect.stringContaining('signature')]);
    expect(await rulesOf('ghcr.io/acme/web')).toMatchObject([expect.stringContaining('cannot be shown')]);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const wrong = { name: 'ci', publicKey: String(other.export({ type: 'spki', format: 'pem' })) };
    await api.call(owner, 'PATCH', '/tenants/acme/image-policies/signed', { signatureKeys: [wrong] });
    expect(await rulesOf('registry.test/acme/shop/web:v1')).toHaveLength(1);
  });

  it('has a rule, a name of its own, and keys that are public', async () => {
    const path = '/tenants/acme/image-policies';
    expect((await api.call(owner, 'POST', path, { name: 'nothing' })).body.code).toBe('image-policy-empty');
    const taken = await api.call(owner, 'POST', path, { name: 'signed', requireDigest: true });
    expect(taken.body.code).toBe('image-policy-name-taken');
    const secret = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const leaky = { name: 'leaky', signatureKeys: [{ name: 'ci', publicKey: secret }] };
    expect((await api.call(owner, 'POST', path, leaky)).status).toBe(400);
    const stale = await api.call(owner, 'PATCH', `${path}/signed`, { mode: 'warn' }, { 'if-match': '"1"' });
    expect(stale.status).toBe(412);
  });
});
