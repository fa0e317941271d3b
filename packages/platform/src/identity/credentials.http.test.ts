import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Authenticator } from '../kernel/access/authenticator.js';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi, testPassword } from '../testing/test-api.js';

let api: TestApi;
let alice: string;
const database = () => api.app.get(Database, { strict: false }).read;
const statusOf = async (token: string, path = '/me', headers: Record<string, string> = {}) =>
  (await api.call(token, 'GET', path, undefined, headers)).status;
const make = async (as: string, body: object) => {
  const answer = await api.call(as, 'POST', '/me/tokens', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  alice = await api.createUser('alice');
  for (const tenant of ['acme', 'beta']) {
    await api.call(api.admin, 'POST', '/tenants', { name: tenant });
    await api.call(api.admin, 'POST', `/tenants/${tenant}/members`, { username: 'alice', role: 'admin' });
    await api.call(api.admin, 'POST', `/tenants/${tenant}/projects`, { name: 'shop' });
  }
});
afterAll(() => api?.close());

describe('a personal token', () => {
  it('does what its scopes name and no more, and makes nothing wider than itself', async () => {
    const { token, scopes } = await make(alice, { name: 'narrow', scopes: ['projects:read'] });
    expect(scopes).toEqual(['projects:read']);
    expect(await statusOf(token, '/tenants/acme/projects')).toBe(200);
    expect(await statusOf(token, '/tenants/acme/members')).toBe(403);
    for (const [path, body] of [
      ['/me/tokens', { name: 'wider' }],
      ['/me/kube-tokens', {}],
      ['/me/second-factor', undefined],
    ] as const) {
      expect((await api.call(token, 'POST', path, body)).status, path).toBe(403);
    }
    expect((await api.call(token, 'PATCH', '/me', { displayName: 'x' })).status).toBe(403);
  });

  it('of an administrator is no administrator’s when it is narrowed', async () => {
    const { token } = await make(api.admin, { name: 'narrow', scopes: ['projects:read'] });
    expect(await statusOf(token, '/users')).toBe(403);
    const { token: bound } = await make(api.admin, { name: 'bound', tenant: 'acme' });
    expect([await statusOf(bound, '/users'), await statusOf(bound, '/tenants/beta')]).toEqual([403, 404]);
  });

  it('is bound to its tenant: the others are not there', async () => {
    const { token, tenant } = await make(alice, { name: 'bound', tenant: 'acme' });
    expect(tenant).toBe('acme');
    expect(await statusOf(token, '/tenants/acme/projects')).toBe(200);
    expect(await statusOf(token, '/tenants/beta/projects')).toBe(404);
    expect((await api.call(alice, 'POST', '/me/tokens', { name: 'no', tenant: 'nowhere' })).status).toBe(404);
  });

  it('works from its ranges only, and nobody’s header lies about the address', async () => {
    const { token } = await make(alice, { name: 'ranged', ranges: ['10.0.0.0/8', '2001:db8::/32'] });
    expect(await statusOf(token)).toBe(401);
    // Behind a proxy on this machine.
    for (const [address, status] of [
      ['10.1.2.3', 200],
      ['2001:db8::7', 200],
      ['192.0.2.1', 401],
      ['10.1.2.3, 192.0.2.1', 401],
    ] as const) {
      expect(await statusOf(token, '/me', { 'x-forwarded-for': address }), address).toBe(status);
    }
    expect((await api.call(alice, 'POST', '/me/tokens', { name: 'bad', ranges: ['10.0.0.0/33'] })).status).toBe(400);
  });

  it('lives as long as the platform allows, and no longer', async () => {
    await api.call(api.admin, 'PATCH', '/identity/settings', { tokenMaxDays: 30 });
    const { body } = await api.call(alice, 'POST', '/me/tokens', { name: 'long', expiresInDays: 31 });
    expect(body.code).toBe('token-life-too-long');
    const { expiresAt } = await make(alice, { name: 'longest' });
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30 * 86_400_000);
  });

  it('is rotated: the new one works at once, the old one for the overlap or not at all', async () => {
    const { id, token } = await make(alice, { name: 'turn', scopes: ['projects:read'], expiresInDays: 7 });
    const rotate = async (body: object) => (await api.call(alice, 'POST', `/me/tokens/${id}/rotate`, body)).body;
    expect(await statusOf(token)).toBe(200);
    const second = await rotate({ overlapSeconds: 60 });
    expect(second).toMatchObject({ id, scopes: ['projects:read'] });
    expect([await statusOf(token), await statusOf(second.token)]).toEqual([200, 200]);
    const third = await rotate({});
    const after = [await statusOf(token), await statusOf(second.token), await statusOf(third.token)];
    expect(after).toEqual([401, 401, 200]);
    const bob = await api.createUser('bob');
    expect((await api.call(bob, 'POST', `/me/tokens/${id}/rotate`, {})).status).toBe(404);
  });

  it('tells when and from where it was used last', async () => {
    const { id, token } = await make(alice, { name: 'used' });
    await statusOf(token, '/me', { 'x-forwarded-for': '192.0.2.9' });
    const { body } = await api.call(alice, 'GET', '/me/tokens?q=used');
    const row = body.items.find((item: { id: string }) => item.id === id);
    expect(row).toMatchObject({ lastUsedFrom: '192.0.2.9' });
    expect(Date.now() - Date.parse(row.lastUsedAt)).toBeLessThan(60_000);
  });

  it('that has expired is refused, though it was good a moment ago', async () => {
    const { id, token } = await make(alice, { name: 'past' });
    expect(await statusOf(token)).toBe(200);
    await database().personalToken.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1_000) } });
    await database().$executeRaw`SELECT pg_notify('slipway_access', '')`;
    await expect.poll(() => statusOf(token)).toBe(401);
  });

  it('ends at once in this process, in whatever order its uses and its end come', async () => {
    const { id, token } = await make(alice, { name: 'race' });
    const uses = Array.from({ length: 20 }, () => statusOf(token));
    const end = api.call(alice, 'DELETE', `/me/tokens/${id}`);
    await Promise.all([...uses, end]);
    expect(await statusOf(token)).toBe(401);
  });

  it('with an altered end never reaches the database', async () => {
    const { token } = await make(alice, { name: 'typo' });
    for (const bad of [token.slice(0, -1), `${token}x`, token.replace(/.$/, '_'), `${token}%20`]) {
      expect(await statusOf(encodeURI(bad))).toBe(401);
    }
  });
});

describe('a token for the Kubernetes API', () => {
  it('is good at that door alone, and ends with the token that asked for it', async () => {
    const login = await make(alice, { name: 'cli-laptop', kind: 'login' });
    const made = await api.call(login.token, 'POST', '/me/kube-tokens', { tenant: 'acme' });
    expect(made.status).toBe(201);
    expect(Date.parse(made.body.expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000);
    const { token } = made.body;
    expect(token).toMatch(/^slp_kube_/);
    expect(await statusOf(token)).toBe(401);
    const authenticator = api.app.get(Authenticator, { strict: false });
    const origin = { door: 'kubernetes', address: '127.0.0.1' } as const;
    const atDoor = () => authenticator.authenticateBearer(token, origin);
    const tenantId = (await api.call(alice, 'GET', '/tenants/acme')).body.id;
    expect(await atDoor()).toMatchObject({ username: 'alice', restrictedTo: { tenantId } });
    expect((await api.call(alice, 'DELETE', `/me/tokens/${login.id}`)).status).toBe(204);
    expect(await atDoor()).toBeUndefined();
    const { body } = await api.call(alice, 'GET', '/me/tokens');
    expect(body.items.some((item: { prefix: string }) => item.prefix.startsWith('slp_kube_'))).toBe(false);
  });
});

describe('robots', () => {
  const create = (path: string, body: object, as = alice) => api.call(as, 'POST', `${path}/robots`, body);

  it('of a project do what their scopes say, there and nowhere else', async () => {
    const made = await create('/tenants/acme/projects/shop', { name: 'ci', scopes: ['projects:read', 'builds:read'] });
    expect(made.body).toMatchObject({ username: 'robot$shop+ci', project: 'shop', isManaged: false });
    const { token } = made.body;
    expect(await statusOf(token, '/tenants/acme/projects/shop')).toBe(200);
    expect(await statusOf(token, '/tenants/acme/projects/other')).toBe(404);
    expect(await statusOf(token, '/tenants/beta/projects/shop')).toBe(404);
    expect(await statusOf(token, '/tenants/acme/projects/shop/robots')).toBe(403);
    expect((await api.call(token, 'POST', '/me/tokens', { name: 'x' })).status).toBe(403);
  });

  it('of a tenant are named robot$name', async () => {
    const { body } = await create('/tenants/acme', { name: 'deploy', scopes: ['projects:read'], expiresInDays: 5 });
    expect(body).toMatchObject({ username: 'robot$deploy', project: null });
    expect(await statusOf(body.token, '/tenants/acme/projects')).toBe(200);
    expect((await create('/tenants/acme', { name: 'deploy', scopes: ['projects:read'] })).status).toBe(409);
  });

  it('are disabled, enabled, changed, rotated and deleted, each with effect at once', async () => {
    const path = '/tenants/acme/projects/shop/robots/turn';
    const { body } = await create('/tenants/acme/projects/shop', { name: 'turn', scopes: ['projects:read'] });
    const status = (token: string) => statusOf(token, '/tenants/acme/projects/shop');
    expect(await status(body.token)).toBe(200);
    await api.call(alice, 'PATCH', path, { isDisabled: true });
    expect(await status(body.token)).toBe(401);
    await api.call(alice, 'PATCH', path, { isDisabled: false, scopes: ['builds:read'] });
    expect(await status(body.token)).toBe(403);
    await api.call(alice, 'PATCH', path, { scopes: ['projects:read'], ranges: ['10.0.0.0/8'] });
    expect(await status(body.token)).toBe(401);
    await api.call(alice, 'PATCH', path, { ranges: [] });
    const rotated = await api.call(alice, 'POST', `${path}/rotate`, {});
    expect([await status(body.token), await status(rotated.body.token)]).toEqual([401, 200]);
    const { body: row } = await api.call(alice, 'GET', path);
    expect(row.lastUsedAt).not.toBeNull();
    expect((await api.call(alice, 'DELETE', path)).status).toBe(204);
    expect(await status(rotated.body.token)).toBe(401);
  });

  it('get nothing that their maker lacks, and no power over people', async () => {
    await api.createUser('dora');
    await api.call(api.admin, 'POST', '/tenants/acme/members', { username: 'dora', role: 'viewer' });
    const refused = await create(
      '/tenants/acme',
      { name: 'strong', scopes: ['builds:write'] },
      await api.login('dora'),
    );
    expect(refused.status).toBe(403);
    expect((await create('/tenants/acme', { name: 'boss', scopes: ['members:write'] })).status).toBe(400);
    expect((await create('/tenants/acme', { name: 'pull-x', scopes: ['projects:read'] })).status).toBe(400);
  });

  it('that the platform made are hidden, and nobody’s to change', async () => {
    const { body: project } = await api.call(alice, 'GET', '/tenants/acme/projects/shop');
    const tenantId = (await api.call(alice, 'GET', '/tenants/acme')).body.id;
    const keys = { id: project.id, tenantId, projectId: project.id, username: 'robot$shop+pull-production' };
    await database().robot.upsert({
      where: { tenantId_username: { tenantId, username: keys.username } },
      create: { ...keys, isManaged: true, hash: 'none', permissions: ['repositories:read'] },
      update: { isManaged: true },
    });
    const path = '/tenants/acme/projects/shop/robots';
    const names = async (query: string) =>
      (await api.call(alice, 'GET', path + query)).body.items.map((item: { username: string }) => item.username);
    expect(await names('')).not.toContain(keys.username);
    expect(await names('?managed=true')).toContain(keys.username);
    const answer = await api.call(alice, 'POST', `${path}/pull-production/rotate`, {});
    expect(answer.body.code).toBe('robot-is-managed');
  });
});

describe('users and their own account', () => {
  it.each([
    ['PATCH', '/me', { isAdmin: true }],
    ['PATCH', '/me', { displayName: 'x', id: '0' }],
    ['PATCH', '/me', { passwordHash: 'x' }],
    ['POST', '/me/tokens', { name: 'x', userId: '0' }],
    ['POST', '/me/tokens', { name: 'x', scopes: ['everything'] }],
  ])('refuse what is not asked for: %s %s %j', async (method, path, body) => {
    expect((await api.call(alice, method, path, body)).status).toBe(400);
  });

  it.each(['a\r\nX-Injected: yes', 'a\u0000b', 'аlice', 'a b', '../admin', 'Alice'])(
    'refuse the name %j',
    async (username) => {
      const answer = await api.call(api.admin, 'POST', '/users', { username, password: testPassword });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('x-injected')).toBeNull();
    },
  );

  it('are refused everywhere as soon as they are disabled, and let in again when enabled', async () => {
    const carl = await api.createUser('carl');
    const { token } = await make(carl, { name: 'ci' });
    expect(await statusOf(token)).toBe(200);
    await api.call(api.admin, 'PATCH', '/users/carl', { isDisabled: true });
    expect([await statusOf(carl), await statusOf(token)]).toEqual([401, 401]);
    await expect(api.login('carl')).rejects.toThrow('invalid_grant');
    await api.call(api.admin, 'PATCH', '/users/carl', { isDisabled: false });
    expect(await statusOf(token)).toBe(200);
    expect((await api.call(api.admin, 'PATCH', '/users/admin', { isDisabled: true })).body.code).toBe(
      'user-is-yourself',
    );
  });

  it('lose what a tenant gave them as soon as they are no members', async () => {
    const emil = await api.createUser('emil');
    await api.call(api.admin, 'POST', '/tenants/acme/members', { username: 'emil', role: 'viewer' });
    const { token } = await make(emil, { name: 'ci', scopes: ['projects:read'] });
    expect(await statusOf(token, '/tenants/acme/projects')).toBe(200);
    await api.call(api.admin, 'DELETE', '/tenants/acme/members/emil');
    expect(await statusOf(token, '/tenants/acme/projects')).toBe(404);
  });
});
