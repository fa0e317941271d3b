import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Authenticator } from '../kernel/access/authenticator.js';
import { neverInAnothersName, permissionsOfRole } from '../kernel/access/permissions.js';
import { Database } from '../kernel/database/index.js';
import { otherModules as modules } from '../testing/other-modules.js';
import { createUserWithToken, startTestApi, type TestApi } from '../testing/test-api.js';

let api: TestApi;
/** An administrator by a personal token, which is what an impersonation ends with. */
let root: string;
let helper: string;
const begin = (as: string, username: string, body: object = { reason: 'Ticket 4711.' }) =>
  api.call(as, 'POST', `/users/${username}/impersonation`, body);
const act = async (as: string, username: string): Promise<string> => {
  const { status, body } = await begin(as, username);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.token;
};
const meBy = async (token: string) => (await api.call(token, 'GET', '/me')).status;
const rows = async (filter: string) => (await api.call(api.admin, 'GET', `/audit-events?${filter}`)).body.items;

beforeAll(async () => {
  const env = { SLIPWAY_RATE_LIMIT_CLIENT: '1000000', SLIPWAY_RATE_LIMIT_TENANT: '1000000' };
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl'), modules, env });
  root = (await api.call(api.admin, 'POST', '/me/tokens', { name: 'root' })).body.token;
  for (const name of ['alice', 'bob', 'auditor']) await createUserWithToken(api, name);
  helper = await createUserWithToken(api, 'helper');
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme', owner: 'alice' });
  await api.call(api.admin, 'POST', '/tenants', { name: 'beta', owner: 'bob' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
  await api.call(api.admin, 'POST', '/roles', { name: 'support', permissions: ['users:impersonate'] });
  await api.call(api.admin, 'POST', '/platform-members', { username: 'helper', role: 'support' });
  await api.call(api.admin, 'POST', '/platform-members', { username: 'auditor', role: 'auditor' });
}, 60_000);
afterAll(() => api?.close());

describe('acting in another’s name', () => {
  it('is seeing and doing what the other one may, with both names in the audit log', async () => {
    const { body } = await begin(root, 'alice', { reason: 'Ticket 4711.', expiresInMinutes: 5 });
    expect(body).toMatchObject({ subject: { username: 'alice' }, act: { username: 'admin' } });
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThanOrEqual(5 * 60_000);
    const me = (await api.call(body.token, 'GET', '/me')).body;
    expect(me).toMatchObject({ username: 'alice', impersonator: 'admin', isAdmin: false });
    expect((await api.call(body.token, 'GET', '/tenants/acme')).status).toBe(200);
    expect((await api.call(body.token, 'GET', '/tenants/beta')).status).toBe(404);
    expect((await api.call(body.token, 'GET', '/users')).status).toBe(403);
    const made = await api.call(body.token, 'POST', '/tenants/acme/projects', { name: 'blog' });
    expect(made.status).toBe(201);
    const [row] = await rows('action=project.create&resource=tenants/acme/projects/blog');
    expect(row).toMatchObject({ actor: 'alice', impersonator: 'admin' });
    const [began] = await rows('action=user.impersonate');
    expect(began).toMatchObject({ actor: 'admin', resource: 'users/alice/impersonation' });
    expect(began.after.reason).toBe('Ticket 4711.');
    const [refused] = await rows('action=access.deny&actor=alice&outcome=denied');
    expect(refused.impersonator).toBe('admin');
  });

  it('shows and makes no secret, consents to nothing and gives nobody a role', async () => {
    const token = await act(root, 'alice');
    const [membership] = (await api.call(token, 'GET', '/me')).body.memberships;
    const held = new Set<string>(membership.permissions);
    const kept = [...permissionsOfRole.owner].filter((permission) => !neverInAnothersName.has(permission));
    expect([...held].sort()).toEqual([...kept].sort());
    const routes = api.routes.map(({ route }) => route).filter(({ path }) => !path.startsWith('/users/:username/imp'));
    const fill = (path: string) =>
      path.replace(':tenant', 'acme').replace(':project', 'shop').replace(/:\w+/g, 'nothing');
    const shut = routes.filter(
      ({ permission, method }) =>
        (permission === 'signed-in' && method !== 'GET') ||
        (permission !== 'signed-in' && permission !== 'public' && neverInAnothersName.has(permission)),
    );
    expect(shut.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/me/tokens', '/me', '/tenants/:tenant/robots', '/requests/:id/approve']),
    );
    for (const route of shut) {
      const answer = await api.call(token, route.method, fill(route.path), route.body ? {} : undefined);
      expect(answer.body.code, `${route.method} ${route.path}`).toBe('forbidden');
    }
  });

  it('is told to the one whose name it is: who, for how long and why; and whoever acts cannot hide it', async () => {
    const dave = await createUserWithToken(api, 'dave');
    const bell = async (token: string, filter = '') =>
      (await api.call(token, 'GET', `/me/notifications${filter}`)).body as { items: object[]; unreadCount: number };
    expect(await bell(dave)).toMatchObject({ items: [], unreadCount: 0 });
    const { body } = await begin(root, 'dave', { reason: 'Ticket 4712.', expiresInMinutes: 5 });
    const data = { requester: 'admin', title: '5 min', reason: 'Ticket 4712.', kind: 'impersonation', tenant: null };
    const told = { type: 'impersonated', link: '/me', readAt: null, data };
    expect(await bell(dave, '?type=impersonated')).toMatchObject({ items: [told], unreadCount: 1 });
    expect(await bell(dave, '?type=drift-found')).toMatchObject({ items: [], unreadCount: 1 });
    expect((await api.call(body.token, 'POST', '/me/notifications/read', {})).body.code).toBe('forbidden');
    await begin(root, 'dave', { reason: 'Ticket 4713.' });
    expect((await bell(dave)).unreadCount).toBe(2);
    expect((await begin(helper, 'admin')).status).toBe(403);
    expect((await bell(api.admin, '?type=impersonated')).items).toEqual([]);
  });

  it('works at the API and the Kubernetes API alone', async () => {
    const token = await act(root, 'alice');
    const authenticator = api.app.get(Authenticator);
    for (const [door, isGood] of [
      ['rest', true],
      ['kubernetes', true],
      ['git', false],
      ['registry', false],
    ] as const) {
      const actor = await authenticator.authenticateBearer(token, { door, address: '127.0.0.1' });
      expect(actor !== undefined, door).toBe(isGood);
    }
  });

  it('is refused of administrators and others with a say on the platform, of oneself, and of who is disabled', async () => {
    for (const name of ['auditor', 'helper', 'admin']) {
      expect((await begin(root, name)).body.code, name).toBe('impersonation-refused');
    }
    expect((await begin(helper, 'admin')).body.code).toBe('impersonation-refused');
    await api.call(api.admin, 'PATCH', '/users/bob', { isDisabled: true });
    expect((await begin(root, 'bob')).body.code).toBe('impersonation-refused');
    await api.call(api.admin, 'PATCH', '/users/bob', { isDisabled: false });
    expect((await begin(root, 'nobody')).status).toBe(404);
    expect((await begin(root, 'alice', {})).status).toBe(400);
  });

  it('needs the verb, in person: no narrowed token, and no second name behind the first', async () => {
    const alice = await createUserWithToken(api, 'carol');
    expect((await begin(alice, 'bob')).status).toBe(403);
    const narrow = await api.call(api.admin, 'POST', '/me/tokens', { name: 'n', scopes: ['users:impersonate'] });
    expect((await begin(narrow.body.token, 'alice')).body.code).toBe('impersonation-refused');
    expect((await begin(await act(root, 'alice'), 'bob')).status).toBe(403);
    expect(await meBy(await act(helper, 'alice'))).toBe(200);
  });
});

describe('it ends', () => {
  it('by hand, and there is nothing to end twice', async () => {
    const token = await act(root, 'alice');
    expect((await api.call(root, 'DELETE', '/users/alice/impersonation')).status).toBe(204);
    expect(await meBy(token)).toBe(401);
    expect((await api.call(root, 'DELETE', '/users/alice/impersonation')).body.code).toBe('impersonation-not-found');
  });

  it('with the token or the sessions of who acts, and with those of the other one', async () => {
    const maker = await api.call(api.admin, 'POST', '/me/tokens', { name: 'maker' });
    const token = await act(maker.body.token, 'alice');
    expect(await meBy(token)).toBe(200);
    await api.call(api.admin, 'DELETE', `/me/tokens/${maker.body.id}`);
    expect(await meBy(token)).toBe(401);
    for (const name of ['helper', 'alice']) {
      const other = await act(helper, 'alice');
      expect((await api.call(api.admin, 'DELETE', `/users/${name}/sessions`)).status).toBe(204);
      expect(await meBy(other), name).toBe(401);
    }
  });

  it('when its minutes are over', async () => {
    const token = await act(root, 'alice');
    const where = { kind: 'impersonation' };
    const { read } = api.app.get(Database);
    await read.personalToken.updateMany({ where, data: { expiresAt: new Date(Date.now() - 1_000) } });
    const users = await api.call(api.admin, 'PATCH', '/users/alice', { displayName: 'Alice' });
    expect(users.status).toBe(200);
    await expect.poll(() => meBy(token)).toBe(401);
  });

  it('when who acts loses the verb or is disabled, and when the other one is given a say on the platform', async () => {
    const [one, other] = [await act(helper, 'alice'), await act(root, 'alice')];
    await api.call(api.admin, 'POST', '/platform-members', { username: 'alice', role: 'approver' });
    expect([await meBy(one), await meBy(other)]).toEqual([401, 401]);
    await api.call(api.admin, 'DELETE', '/platform-members/alice');
    expect([await meBy(one), await meBy(other)]).toEqual([200, 200]);
    await api.call(api.admin, 'DELETE', '/platform-members/helper');
    expect([await meBy(one), await meBy(other)]).toEqual([401, 200]);
  });
});
