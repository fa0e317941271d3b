import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeClient } from '@slipway/orchestrator/client';
import { pods } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { NamespaceParts } from '../environments/namespace-parts.service.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import {
  attestedReport,
  cycloneReport,
  grypeReport,
  sarifReport,
  trivyReport,
} from '../testing/vulnerability-reports.js';
import { ClusterAdmission } from './cluster-admission.js';
import { PoliciesModule } from './policies.module.js';

const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;
const [bad, good, silent, attested] = [digestOf('a'), digestOf('b'), digestOf('c'), digestOf('d')];
const web = 'registry.test/acme/shop/web';
const namespace = 'acme-shop-production';

let api: TestApi;
let cluster: TestCluster;
let client: KubeClient;
let registry: Server;
const tokens: Record<string, string> = {};
const as = (who: string) => tokens[who] ?? '';

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
  tokens['admin'] = api.admin;
  for (const name of ['olga', 'dora', 'paul', 'vera', 'mallory']) tokens[name] = await api.createUser(name);
  for (const [name, owner] of [
    ['acme', 'olga'],
    ['globex', 'mallory'],
  ]) {
    await api.call(api.admin, 'POST', '/tenants', { name, owner });
  }
  for (const name of ['shop', 'office']) await api.call(as('olga'), 'POST', '/tenants/acme/projects', { name });
  await api.call(as('olga'), 'POST', '/tenants/acme/members', { username: 'dora', role: 'developer' });
  await api.call(as('olga'), 'POST', '/tenants/acme/members', { username: 'vera', role: 'viewer' });
  const inShop = '/tenants/acme/projects/shop';
  await api.call(as('olga'), 'POST', `${inShop}/members`, { username: 'paul', role: 'developer' });
  const source = { type: 'push' };
  await api.call(as('olga'), 'POST', `${inShop}/applications`, { name: 'web', source });
  const { read } = api.app.get(Database);
  const { id, projectId, tenantId } = await read.environment.findUniqueOrThrow({ where: { namespace } });
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

/** A registry with images by digest in `acme/shop/web`; one of them has an attestation as cosign puts it there. */
async function startRegistry(): Promise<Server> {
  const envelope = JSON.stringify(attestedReport(attested, trivyReport(attested)));
  const blob = `sha256:${createHash('sha256').update(envelope).digest('hex')}`;
  const layers = [{ mediaType: 'application/vnd.dsse.envelope.v1+json', digest: blob, size: envelope.length }];
  const repository = '/v2/acme/shop/web';
  const files: Record<string, string> = {
    [`${repository}/manifests/${attested.replace(':', '-')}.att`]: JSON.stringify({ layers }),
    // The same beside another image, as somebody may push it who would like that one to look as clean.
    [`${repository}/manifests/${silent.replace(':', '-')}.att`]: JSON.stringify({ layers }),
    [`${repository}/blobs/${blob}`]: envelope,
    [`${repository}/manifests/v1`]: '{}',
  };
  for (const digest of [bad, good, silent, attested]) files[`${repository}/manifests/${digest}`] = '{}';
  const server = createServer((request, response) => {
    const file = request.headers.authorization?.startsWith('Bearer ') ? files[request.url ?? ''] : undefined;
    response.writeHead(file === undefined ? 404 : 200, { 'docker-content-digest': good }).end(file ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function submit(who: string, path: string, report: unknown, image?: string) {
  const query = image === undefined ? '' : `?image=${encodeURIComponent(image)}`;
  const response = await fetch(`${api.url}/api/v1${path}/image-reports${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as(who)}`, 'content-type': 'application/octet-stream' },
    body: typeof report === 'string' ? report : JSON.stringify(report),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}
const acme = '/tenants/acme';

const restricted = { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] } };
async function runPod(image: string): Promise<string> {
  const spec = {
    securityContext: { seccompProfile: { type: 'RuntimeDefault' as const } },
    containers: [{ name: 'web', image, securityContext: restricted }],
  };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `p-${newId()}`, namespace }, spec };
  return client.create(pods, pod).then(
    () => 'created',
    (error: Error) => error.message,
  );
}
const carry = () => api.app.get(ClusterAdmission).apply(client);
const release = (image: string) =>
  api.call(as('dora'), 'POST', `${acme}/projects/shop/applications/web/releases`, { image });

describe('a report', () => {
  it('of every format is kept by the digest of its image, with its counts', async () => {
    const reports = [
      trivyReport(bad),
      grypeReport(bad),
      cycloneReport(),
      sarifReport(),
      attestedReport(bad, grypeReport(bad)),
    ];
    for (const report of reports) {
      const { status, body } = await submit('dora', acme, report, `${web}@${bad}`);
      expect(status, JSON.stringify(body)).toBe(201);
      expect(body).toMatchObject({ name: bad, tenant: 'acme', reportedBy: 'dora', counts: { critical: 1, medium: 1 } });
    }
    const { body } = await api.call(as('vera'), 'GET', `${acme}/image-reports`);
    expect(body.items).toMatchObject([{ name: bad, format: 'cosign-vuln' }]);
    const full = await api.call(as('vera'), 'GET', `${acme}/image-reports/${bad}`);
    expect(full.body.findings).toMatchObject([{ id: 'CVE-2026-1001' }, { id: 'CVE-2026-1002', fixedIn: '' }]);
    const audit = await api.call(api.admin, 'GET', '/audit-events?action=image-report.create');
    expect(audit.body.items.length).toBe(5);
  });

  it('finds the digest in itself, or by a tag of our registry', async () => {
    expect((await submit('dora', acme, trivyReport(bad))).body.name).toBe(bad);
    expect((await submit('dora', acme, { ...trivyReport(bad), Results: [] }, `${web}:v1`)).body.name).toBe(good);
    expect((await submit('dora', acme, sarifReport())).body.code).toBe('image-report-nameless');
    expect((await submit('dora', acme, sarifReport(), 'ghcr.io/acme/web:1')).body.code).toBe('image-report-nameless');
  });

  it('is refused when it is none, too long, or sworn about another image', async () => {
    expect((await submit('dora', acme, 'no json', bad)).body.code).toBe('image-report-unreadable');
    expect((await submit('dora', acme, { hello: 1 }, bad)).body.code).toBe('image-report-unreadable');
    const long = JSON.stringify({ ...trivyReport(bad), filler: 'x'.repeat(20_000_000) });
    expect((await submit('dora', acme, long, bad)).body.code).toBe('image-report-unreadable');
    const sworn = attestedReport(bad, trivyReport(bad));
    expect((await submit('dora', acme, sworn, good)).body.code).toBe('image-report-mismatch');
  });

  it('is handed in by who may push images there, and nobody else', async () => {
    expect((await submit('vera', acme, trivyReport(bad), bad)).status).toBe(403);
    expect((await submit('mallory', acme, trivyReport(bad), bad)).status).toBe(404);
    expect((await submit('olga', '', trivyReport(bad), bad)).status).toBe(403);
    // Of one project only: its images by name, and only such that are there.
    expect((await submit('paul', acme, trivyReport(bad), `${web}@${bad}`)).status).toBe(201);
    expect((await submit('paul', acme, trivyReport(bad), bad)).status).toBe(403);
    expect((await submit('paul', acme, trivyReport(bad), `registry.test/acme/office/web@${bad}`)).status).toBe(403);
    expect((await submit('paul', acme, sarifReport(), `${web}@${digestOf('e')}`)).body.code).toBe(
      'image-report-nameless',
    );
  });

  it('of one tenant is nothing to another', async () => {
    expect((await api.call(as('mallory'), 'GET', '/tenants/globex/image-reports')).body.items).toEqual([]);
    expect((await api.call(as('mallory'), 'GET', `/tenants/globex/image-reports/${bad}`)).status).toBe(404);
  });
});

describe('a policy about weaknesses', () => {
  const path = `${acme}/image-policies`;

  it('says beforehand which images that run it would refuse', async () => {
    const body = { vulnerabilities: { maxSeverity: 'high' } };
    const { read } = api.app.get(Database);
    const made = await release(`${web}@${bad}`);
    const { id, applicationId, tenantId } = await read.release.findUniqueOrThrow({ where: { id: made.body.id } });
    const { id: environmentId } = await read.environment.findUniqueOrThrow({ where: { namespace } });
    const place = { applicationId, environmentId };
    await read.placement.upsert({
      where: { applicationId_environmentId: place },
      create: { id: newId(), tenantId, ...place, releaseId: id },
      update: { releaseId: id },
    });
    const dry = await api.call(as('olga'), 'POST', `${path}/dry-runs`, body);
    expect(dry.status, JSON.stringify(dry.body)).toBe(200);
    expect(dry.body).toMatchObject({
      images: 1,
      passed: 0,
      items: [{ tenant: 'acme', application: 'web', environment: 'production', reasons: [{ rule: 'vulnerability' }] }],
    });
    expect((await api.call(as('olga'), 'POST', `${path}/dry-runs`, {})).body.code).toBe('image-policy-empty');
    expect((await api.call(as('dora'), 'POST', `${path}/dry-runs`, body)).status).toBe(403);
    const lenient = { vulnerabilities: { maxSeverity: 'high', maxCount: 1 } };
    expect((await api.call(api.admin, 'POST', '/image-policies/dry-runs', lenient)).body.passed).toBe(1);
    expect((await api.call(as('mallory'), 'POST', '/tenants/globex/image-policies/dry-runs', body)).body.images).toBe(
      0,
    );
  });

  it('refuses a release and a pod of an image that was found weak, by its digest', async () => {
    const body = { name: 'mended', mode: 'enforce', vulnerabilities: { maxSeverity: 'high' } };
    const created = await api.call(as('olga'), 'POST', path, body);
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    expect(created.body.vulnerabilities).toMatchObject({ maxCount: 0, unreported: 'allow' });
    await carry();
    const refused = await release(`${web}@${bad}`);
    expect(refused.body).toMatchObject({ code: 'image-refused', errors: [{ code: 'image-vulnerability' }] });
    expect(refused.body.detail).toContain('CVE-2026-1001 (critical, openssl)');
    expect(await runPod(`${web}@${bad}`)).toContain('mended');
    expect((await release(`${web}@${good}`)).status).toBe(201);
    expect(await runPod(`${web}@${good}`)).toBe('created');
    expect(await runPod(`${web}@${silent}`)).toBe('created');
  });

  it('finds a report that cosign attached to the image itself, and not one of another image', async () => {
    expect((await release(`${web}@${attested}`)).body.detail).toContain('CVE-2026-1001');
    const { body } = await api.call(as('vera'), 'GET', `${acme}/image-reports/${attested}`);
    expect(body).toMatchObject({ reportedBy: 'attached', format: 'cosign-vuln' });
    expect((await release(`${web}@${silent}`)).status).toBe(201);
    expect((await api.call(as('vera'), 'GET', `${acme}/image-reports/${silent}`)).status).toBe(404);
  });

  it('overlooks an exempted weakness until its day, with who and why', async () => {
    const exemption = { vulnerability: 'CVE-2026-1001', reason: 'not reachable here', expiresInDays: 7 };
    const { body } = await api.call(as('olga'), 'POST', `${path}/mended/exemptions`, exemption);
    expect(body.exemptions).toMatchObject([{ vulnerability: 'CVE-2026-1001', image: '*', createdBy: 'olga' }]);
    await carry();
    expect((await release(`${web}@${bad}`)).status).toBe(201);
    expect(await runPod(`${web}@${bad}`)).toBe('created');
    await api.call(as('olga'), 'DELETE', `${path}/mended/exemptions/${body.exemptions[0].id}`);
    await carry();
    expect((await release(`${web}@${bad}`)).status).toBe(422);
    expect(await runPod(`${web}@${bad}`)).toContain('mended');
  });

  it('refuses what nobody reported on, where it is told to', async () => {
    await api.call(as('olga'), 'PATCH', `${path}/mended`, { vulnerabilities: { unreported: 'refuse' } });
    await carry();
    expect((await release(`${web}@${silent}`)).body.detail).toContain('No report');
    expect(await runPod(`${web}@${silent}`)).toContain('wants a report');
    expect(await runPod('busybox')).toContain('wants a report');
    expect(await runPod(`${web}@${good}`)).toBe('created');
  });

  it('counts a report of the platform in every tenant, whatever the tenant says', async () => {
    expect((await submit('admin', '', grypeReport(good), good)).body.tenant).toBeNull();
    await carry();
    expect((await release(`${web}@${good}`)).status).toBe(422);
    expect(await runPod(`${web}@${good}`)).toContain('mended');
    const only = { vulnerabilities: { onlyPlatformReports: true } };
    await api.call(as('olga'), 'PATCH', `${path}/mended`, only);
    await carry();
    expect((await release(`${web}@${bad}`)).status).toBe(201);
    expect(await runPod(`${web}@${bad}`)).toBe('created');
    expect(await runPod(`${web}@${good}`)).toContain('mended');
    await api.call(as('olga'), 'PATCH', `${path}/mended`, { vulnerabilities: null, requireDigest: true });
    await carry();
    expect(await runPod(`${web}@${good}`)).toBe('created');
  });
});
