import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApplicationsModule } from '../applications/applications.module.js';
import { Database } from '../kernel/database/index.js';
import { QuotaRoutesModule } from '../quotas/quota-routes.module.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { RepositoriesModule } from './repositories.module.js';

/** Stands for the registry: takes every manifest, or refuses it. */
let registry: Server;
let status = 201;
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
      pushed.push(body);
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
  const scope = 'service=slipway-registry&scope=repository:acme/shop/web:pull,push';
  const answer = await fetch(`${api.url}/service/token?${scope}`, { headers: { authorization: `Basic ${basic}` } });
  bearer = ((await answer.json()) as { token: string }).token;
});
afterAll(async () => {
  await api?.close();
  registry?.closeAllConnections();
  registry?.close();
});

const digest = (text: string) => `sha256:${text.repeat(64)}`;
const manifest = (...layers: (readonly [string, number])[]) =>
  JSON.stringify({ layers: layers.map(([text, size]) => ({ digest: digest(text), size })) });
const push = (body: string, token = bearer) =>
  fetch(`${api.url}/v2/acme/shop/web/manifests/1.0`, {
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
