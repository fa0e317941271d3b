import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApplicationsModule } from '../applications/applications.module.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { QuotaRoutesModule } from '../quotas/quota-routes.module.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { RepositoriesModule } from './repositories.module.js';

/** Stands for the registry: takes every manifest, or refuses it. */
let registry: Server;
let status = 201;
/** What it has: tags by digest, as a list of tags and manifests asks for it. */
const stored = new Map<string, { tags: string[]; body: string }>();
let pushed: string[] = [];
let api: TestApi;
let bearer: string;

beforeAll(async () => {
  registry = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      if (request.url?.endsWith('/tags/list'))
        return response.end(JSON.stringify({ tags: [...stored.values()].flatMap(({ tags }) => tags) }));
      const name = request.url?.split('/').at(-1) ?? '';
      const found = [...stored].find(([key, { tags }]) => key === name || tags.includes(name));
      if (request.method === 'GET' || request.method === 'HEAD')
        return found
          ? response.setHeader('docker-content-digest', found[0]).end(found[1].body)
          : response.writeHead(404).end();
      if (request.method === 'DELETE') return response.writeHead(stored.delete(name) ? 202 : 404).end();
      pushed.push(body);
      if (status < 300) stored.set(sha256(body), { tags: [name], body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const { port } = registry.address() as AddressInfo;
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [ApplicationsModule, QuotaRoutesModule, RepositoriesModule],
    env: { SLIPWAY_REGISTRY_URL: `http://127.0.0.1:${port}` },
  });
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects/shop/applications', {
    name: 'web',
    source: { type: 'push' },
  });
  await api.call(api.admin, 'PUT', '/tenants/acme/quota', { limits: { 'image-bytes': '1000' } });
  const { body } = await api.call(api.admin, 'POST', '/me/tokens', { name: 'push' });
  const basic = Buffer.from(`admin:${body.token}`).toString('base64');
  const scope = 'service=slipway-registry&scope=repository:acme/shop/web:pull,push,delete';
  const answer = await fetch(`${api.url}/service/token?${scope}`, { headers: { authorization: `Basic ${basic}` } });
  bearer = ((await answer.json()) as { token: string }).token;
});
afterAll(async () => {
  await api?.close();
  registry?.closeAllConnections();
  registry?.close();
});

const sha256 = (body: string) => `sha256:${createHash('sha256').update(body).digest('hex')}`;
const digest = (text: string) => `sha256:${text.repeat(64)}`;
const manifest = (...layers: (readonly [string, number])[]) =>
  JSON.stringify({ layers: layers.map(([text, size]) => ({ digest: digest(text), size })) });
const push = (body: string, token = bearer, tag = '1.0') =>
  fetch(`${api.url}/v2/acme/shop/web/manifests/${tag}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body,
  });
const used = async () => {
  const row = await api.app
    .get(Database, { strict: false })
    .read.quotaCounter.findFirst({ where: { resource: 'image-bytes' } });
  return row?.used ?? 0n;
};

describe('an image', () => {
  it('is counted by its blobs, each once', async () => {
    expect((await push(manifest(['a', 300], ['b', 200]))).status).toBe(201);
    expect(await used()).toBe(500n);
    expect((await push(manifest(['a', 300], ['c', 100]))).status).toBe(201);
    expect(await used()).toBe(600n);
    expect(pushed.at(-1)).toBe(manifest(['a', 300], ['c', 100]));
  });

  it('is refused in the registry’s own words where the quota has no room, and never reaches it', async () => {
    pushed = [];
    const refused = await push(manifest(['d', 401]));
    expect(refused.status).toBe(403);
    const { errors } = (await refused.json()) as { errors: { code: string; message: string }[] };
    expect(errors[0]).toMatchObject({ code: 'DENIED' });
    expect(errors[0]?.message).toContain('The tenant acme has 400 of 1k image-bytes left; this needs 401 more.');
    expect(pushed).toEqual([]);
    expect(await used()).toBe(600n);
  });

  it('that the registry refuses is not counted', async () => {
    status = 400;
    expect((await push(manifest(['e', 50]))).status).toBe(400);
    status = 201;
    await expect.poll(used).toBe(600n);
  });

  it('of somebody who may not push is not counted', async () => {
    await push(manifest(['f', 50]), 'eyJhbGciOiJub25lIn0.e30.');
    expect(await used()).toBe(600n);
  });
});

describe('an image that is fetched', () => {
  const fetchManifest = (reference: string, method = 'GET', token = bearer) =>
    fetch(`${api.url}/v2/acme/shop/web/manifests/${reference}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
    });
  const pulls = async () =>
    (await api.call(api.admin, 'GET', '/tenants/acme/audit-events?action=artifact.pull')).body.items;

  it('leaves one row an hour: who, which tag and which digest', async () => {
    const body = manifest(['a', 300], ['b', 200]);
    const of = sha256(body);
    expect((await fetchManifest('1.0', 'HEAD')).status).toBe(200);
    expect(await pulls()).toEqual([]);
    for (let times = 0; times < 3; times++) expect((await fetchManifest(of)).status).toBe(200);
    const resource = 'tenants/acme/repositories/shop/web/artifacts/1.0';
    const row = { actor: 'admin', resource, outcome: 'success', after: { digest: of, tag: '1.0' } };
    await expect.poll(pulls).toEqual([expect.objectContaining(row)]);
  });

  it('leaves none where it is not there, or by a token that is not good', async () => {
    expect((await fetchManifest(digest('9'))).status).toBe(404);
    await fetchManifest('1.0', 'GET', 'eyJhbGciOiJub25lIn0.e30.');
    expect(await pulls()).toHaveLength(1);
  });
});

describe('an image that is deleted', () => {
  const images = '/tenants/acme/repositories/shop%2Fweb/artifacts';
  const remove = (of: string, token: string | undefined = api.admin) =>
    api.call(token, 'DELETE', `${images}/${sha256(of)}`);
  const [one, two] = [manifest(['a', 300], ['b', 200]), manifest(['a', 300], ['c', 100])];

  it('gives back at once what no other image names', async () => {
    expect((await remove(one)).status).toBe(204);
    expect(await used()).toBe(400n);
    expect(await remove(one)).toMatchObject({ status: 404, body: { code: 'artifact-not-found' } });
  });

  it('with docker’s own call gives its bytes back as well, and only to whom may delete', async () => {
    const call = (token: string) =>
      fetch(`${api.url}/v2/acme/shop/web/manifests/${sha256(two)}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await call(bearer)).status).toBe(202);
    await expect.poll(used).toBe(0n);
    await push(one);
    const reader = await api.createUser('reader');
    await api.call(api.admin, 'POST', '/tenants/acme/members', { username: 'reader', role: 'developer' });
    expect((await remove(one, reader)).status).toBe(403);
    const strange = await api.createUser('strange');
    expect((await remove(one, strange)).status).toBe(404);
    expect(await used()).toBe(500n);
  });

  it('is refused while it runs', async () => {
    const release = { image: `registry.test/acme/shop/web@${sha256(one)}`, number: 1, hash: '1', content: {} };
    const { read } = api.app.get(Database, { strict: false });
    const { id: applicationId, tenantId, projectId } = await read.application.findFirstOrThrow();
    const environment = await read.environment.findFirstOrThrow({ where: { projectId } });
    const row = await read.release.create({
      data: { id: newId(), tenantId, applicationId, createdBy: 'admin', ...release },
    });
    const place = { applicationId_environmentId: { applicationId, environmentId: environment.id } };
    const ids = { id: newId(), tenantId, applicationId, environmentId: environment.id };
    await read.placement.upsert({
      where: place,
      create: { ...ids, releaseId: row.id },
      update: { releaseId: row.id },
    });
    const answer = await remove(one);
    expect(answer).toMatchObject({ status: 409, body: { code: 'artifact-in-use' } });
    expect(answer.body.detail).toBe(`It runs in ${environment.name}.`);
    await read.release.delete({ where: { id: row.id } });
    expect((await remove(one)).status).toBe(204);
  });

  it('takes along the images of an index that nothing else names', async () => {
    const child = manifest(['d', 70]);
    const index = JSON.stringify({ manifests: [{ digest: sha256(child), size: child.length }] });
    await push(child, bearer, sha256(child));
    await push(index, bearer, 'multi');
    stored.set(sha256(child), { tags: [], body: child });
    expect(await used()).toBe(70n);
    expect((await remove(index)).status).toBe(204);
    expect(await used()).toBe(0n);
    expect(stored.has(sha256(child))).toBe(false);
  });

  it('outside of our sight is given back by the next recount', async () => {
    await push(one);
    const { read } = api.app.get(Database, { strict: false });
    await read.registryManifest.deleteMany();
    const plan = await api.call(api.admin, 'POST', '/quotas/recount', { tenant: 'acme', dryRun: true });
    expect(plan).toMatchObject({ status: 200, body: { dryRun: true } });
    expect(plan.body.differences).toContainEqual(
      expect.objectContaining({ what: 'orphaned-claim', resource: 'image-bytes', before: '300', after: '0' }),
    );
    expect(await used()).toBe(500n);
    await api.call(api.admin, 'POST', '/quotas/recount', { tenant: 'acme' });
    expect(await used()).toBe(0n);
  });
});
