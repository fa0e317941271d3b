import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApplicationsModule } from '../applications/applications.module.js';
import { CredentialCache } from '../identity/credential-cache.service.js';
import { RepositoriesModule } from '../repositories/repositories.module.js';
import { SourcesModule } from '../sources/sources.module.js';
import { startTestApi, type TestApi } from './test-api.js';

const run = promisify(execFile);
/** Stands for the registry: takes everything that reaches it. */
let registry: Server;
let api: TestApi;
let folder: string;

interface Robot {
  readonly username: string;
  readonly token: string;
}

async function makeRobot(tenant: string, name: string, body: object): Promise<Robot> {
  const made = await api.call(api.admin, 'POST', `/tenants/${tenant}/projects/shop/robots`, { name, ...body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { username: `robot$shop+${name}`, token: made.body.token };
}

const remote = ({ username, token }: Robot, path = 'acme/shop/web.git') =>
  `${api.url.replace('//', `//${encodeURIComponent(username)}:${token}@`)}/git/${path}`;
const git = (...args: string[]) =>
  run('git', args, { env: { PATH: process.env['PATH'], GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' } });

/** What docker does: asks for a token, and comes with it. Answers the actions that the token holds, or the status. */
async function ask({ username, token }: Robot, actions = 'pull,push', name = 'acme/shop/web') {
  const authorization = `Basic ${Buffer.from(`${username}:${token}`).toString('base64')}`;
  const query = new URLSearchParams({ service: 'slipway-registry', scope: `repository:${name}:${actions}` });
  const answer = await fetch(`${api.url}/service/token?${query}`, { headers: { authorization } });
  if (answer.status !== 200) return { status: answer.status, bearer: '', actions: [] };
  const { token: bearer } = (await answer.json()) as { token: string };
  const { access } = JSON.parse(Buffer.from(bearer.split('.')[1] ?? '', 'base64url').toString());
  return { status: 200, bearer, actions: access.flatMap((entry: { actions: string[] }) => entry.actions) };
}

const rows = async (action: string) =>
  (await api.call(api.admin, 'GET', `/tenants/acme/audit-events?limit=200&action=${action}`)).body.items;

beforeAll(async () => {
  registry = createServer((request, response) => {
    request.resume().on('end', () => {
      const status = request.method === 'PUT' ? 201 : request.method === 'DELETE' ? 202 : 200;
      response.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [ApplicationsModule, RepositoriesModule, SourcesModule],
    env: {
      SLIPWAY_REGISTRY_URL: `http://127.0.0.1:${(registry.address() as AddressInfo).port}`,
      PATH: process.env['PATH'] ?? '',
    },
  });
  for (const tenant of ['acme', 'beta']) {
    await api.call(api.admin, 'POST', '/tenants', { name: tenant });
    await api.call(api.admin, 'POST', `/tenants/${tenant}/projects`, { name: 'shop' });
    await api.call(api.admin, 'POST', `/tenants/${tenant}/projects/shop/applications`, {
      name: 'web',
      source: { type: 'push' },
    });
  }
  folder = await mkdtemp(join(tmpdir(), 'slipway-doors-'));
  await git('init', '-q', '-b', 'main', folder);
  await writeFile(join(folder, 'Dockerfile'), 'FROM busybox\n');
  await git('-C', folder, 'add', '.');
  await git('-C', folder, '-c', 'user.name=d', '-c', 'user.email=d@example.com', 'commit', '-qm', 'first');
}, 120_000);

afterAll(async () => {
  await api?.close();
  registry?.closeAllConnections();
  registry?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a robot at the git door', () => {
  it('pushes and fetches as its scopes say, and both are audited with who, from where and what', async () => {
    const pusher = await makeRobot('acme', 'pusher', { scopes: ['applications:read', 'sources:write'] });
    const reader = await makeRobot('acme', 'reader', { scopes: ['applications:read'] });
    await git('-C', folder, 'push', remote(pusher), 'HEAD:main');
    const { stdout: commit } = await git('-C', folder, 'rev-parse', 'HEAD');
    await git('clone', '-q', remote(reader), join(folder, 'clone'));
    await expect(git('-C', folder, 'push', remote(reader), 'HEAD:other')).rejects.toThrow(/403/);
    const [push] = await rows('git.push');
    expect(push).toMatchObject({
      actor: pusher.username,
      resource: 'tenants/acme/projects/shop/applications/web/git',
      outcome: 'success',
      source: expect.stringMatching(/127\.0\.0\.1|::1/),
      before: { 'refs/heads/main': null },
      after: { 'refs/heads/main': commit.trim() },
    });
    expect(await rows('git.fetch')).toMatchObject([{ actor: reader.username, outcome: 'success' }]);
    const refused = (await rows('access.deny')).find((row: { actor: string }) => row.actor === reader.username);
    expect(refused).toMatchObject({ outcome: 'denied', after: { method: 'push', status: 403 } });
  });

  it('is nobody with another tenant’s token, a wrong name, from a wrong address, expired or disabled', async () => {
    const scopes = ['applications:read', 'sources:write'];
    const other = await makeRobot('beta', 'other', { scopes });
    await expect(git('ls-remote', remote(other))).rejects.toThrow(/not found/);
    await expect(git('ls-remote', remote(other, 'acme/shop/nothing.git'))).rejects.toThrow(/not found/);
    await expect(git('ls-remote', remote({ ...other, username: 'admin' }, 'beta/shop/web.git'))).rejects.toThrow();
    await expect(git('ls-remote', remote(other, 'beta/shop/web.git'))).resolves.toBeDefined();

    const far = await makeRobot('acme', 'far', { scopes, ranges: ['203.0.113.0/24'] });
    const near = await makeRobot('acme', 'near', { scopes, ranges: ['127.0.0.0/8', '::1/128'] });
    await expect(git('ls-remote', remote(far))).rejects.toThrow(/Authentication failed/);
    await expect(git('ls-remote', remote(near))).resolves.toBeDefined();
    await expire(near);
    await expect(git('ls-remote', remote(near))).rejects.toThrow(/Authentication failed/);
    const denied = (await rows('access.deny')).filter((row: { actor: string }) => row.actor === other.username);
    expect(denied).toMatchObject([{ after: { method: 'fetch', status: 404 } }]);
  });
});

describe('a robot at the registry’s door', () => {
  const manifest = JSON.stringify({ layers: [] });
  const put = (bearer: string) =>
    fetch(`${api.url}/v2/acme/shop/web/manifests/1.0`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
      body: manifest,
    });

  it('gets the actions that its scopes hold; pushes, removals and refusals are audited', async () => {
    const scopes = ['repositories:read', 'repositories:write', 'repositories:delete'];
    const builder = await makeRobot('acme', 'builder', { scopes });
    const puller = await makeRobot('acme', 'puller', { scopes: ['repositories:read'] });
    expect((await ask(puller)).actions).toEqual(['pull']);
    const { bearer, actions } = await ask(builder, 'pull,push,delete');
    expect(actions).toEqual(['pull', 'push', 'delete']);
    expect((await put(bearer)).status).toBe(201);
    const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
    const removal = { method: 'DELETE', headers: { authorization: `Bearer ${bearer}` } };
    expect((await fetch(`${api.url}/v2/acme/shop/web/manifests/${digest}`, removal)).status).toBe(202);
    await expect.poll(() => rows('artifact.delete')).toHaveLength(1);
    const by = { actor: builder.username, source: expect.stringMatching(/127\.0\.0\.1|::1/) };
    expect(await rows('artifact.push')).toMatchObject([
      { ...by, resource: 'tenants/acme/repositories/shop/web/artifacts/1.0' },
    ]);
    expect(await rows('artifact.delete')).toMatchObject([
      { ...by, resource: `tenants/acme/repositories/shop/web/artifacts/${digest}` },
    ]);
    const refused = (await rows('access.deny')).filter((row: { actor: string }) => row.actor === puller.username);
    expect(refused).toMatchObject([{ outcome: 'denied', after: { method: 'push' } }]);
  });

  it('gets nothing for another tenant’s repository, and is nobody from a wrong address, expired or by a wrong name', async () => {
    const scopes = ['repositories:read', 'repositories:write'];
    const other = await makeRobot('beta', 'reaching', { scopes });
    expect((await ask(other, 'pull,push', 'beta/shop/web')).actions).toEqual(['pull', 'push']);
    expect(await ask(other)).toMatchObject({ status: 200, actions: [] });
    expect(await ask(other, 'pull', 'acme/shop/nothing')).toMatchObject({ status: 200, actions: [] });
    expect((await ask({ ...other, username: 'robot$shop+builder' })).status).toBe(401);
    expect((await ask(await makeRobot('acme', 'away', { scopes, ranges: ['203.0.113.0/24'] }))).status).toBe(401);
    const late = await makeRobot('acme', 'late', { scopes });
    expect((await ask(late)).actions).toEqual(['pull', 'push']);
    await expire(late);
    expect((await ask(late)).status).toBe(401);
    const denied = (await rows('access.deny')).filter((row: { actor: string }) => row.actor === other.username);
    expect(denied).toMatchObject([{ after: { method: 'pull,push' } }]);
  });

  it('neither counts nor notes what comes with a token for something else', async () => {
    const { bearer } = await ask(await makeRobot('beta', 'forger', { scopes: ['repositories:write'] }), 'push');
    const before = (await rows('artifact.push')).length;
    await put(bearer);
    await put('not-a-token');
    expect(await rows('artifact.push')).toHaveLength(before);
  });
});

async function expire({ username }: Robot): Promise<void> {
  const credentials = api.app.get(CredentialCache, { strict: false });
  await credentials.change((tx) => tx.robot.updateMany({ where: { username }, data: { expiresAt: new Date() } }));
}
