import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Database } from '../kernel/database/index.js';
import { createToken, hashToken, newId } from '../kernel/ids/ids.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';

let api: TestApi;
const tokens = new Map<string, string>();
const as = (name: string) => (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  api.call(tokens.get(name), method, path, body, headers);
const admin = (method: string, path: string, body?: unknown) => api.call(api.admin, method, path, body);
const namesOf = ({ body }: { body: { items: { name: string }[] } }) => body.items.map(({ name }) => name);

async function createUser(username: string): Promise<string> {
  const { read } = api.app.get(Database);
  const [id, token] = [newId(), createToken('slp_pat_')];
  await read.user.create({ data: { id, username, displayName: username, issuer: 'test', subject: username } });
  const data = { id: newId(), userId: id, name: 'test', prefix: token.slice(0, 12), hash: hashToken(token) };
  await read.personalToken.create({ data });
  tokens.set(username, token);
  return id;
}

async function joinGroup(username: string, group: string): Promise<void> {
  const { read } = api.app.get(Database);
  const user = await read.user.findUniqueOrThrow({ where: { username } });
  const { id } = await read.group.findUniqueOrThrow({ where: { name: group } });
  await read.groupMember.create({ data: { groupId: id, userId: user.id } });
}

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  for (const name of ['olga', 'adam', 'dora', 'vera', 'pia', 'gus', 'eve', 'tom']) await createUser(name);
  await admin('POST', '/tenants', { name: 'acme', owner: 'olga' });
  for (const name of ['shop', 'office']) await admin('POST', '/tenants/acme/projects', { name });
  await as('olga')('POST', '/tenants/acme/members', { username: 'adam', role: 'admin' });
  await as('olga')('POST', '/tenants/acme/members', { username: 'dora', role: 'developer' });
  await as('olga')('POST', '/tenants/acme/members', { username: 'vera', role: 'viewer' });
  await as('olga')('POST', '/tenants/acme/projects/shop/members', { username: 'pia', role: 'admin' });
}, 60_000);
afterAll(() => api?.close());

describe('a member of one project only', () => {
  it('sees the tenant’s name and that project, and nothing else of it', async () => {
    const pia = as('pia');
    expect(namesOf(await pia('GET', '/tenants'))).toEqual(['acme']);
    const tenant = await pia('GET', '/tenants/acme');
    expect(tenant.body).toMatchObject({ name: 'acme', projectCount: 1, memberCount: 0, myRole: null });
    expect(namesOf(await pia('GET', '/tenants/acme/projects'))).toEqual(['shop']);
    expect((await pia('GET', '/tenants/acme/projects/shop')).status).toBe(200);
    const office = await pia('GET', '/tenants/acme/projects/office');
    const nowhere = await pia('GET', '/tenants/acme/projects/nowhere');
    expect(office.status).toBe(404);
    expect({ ...office.body, requestId: '' }).toEqual({ ...nowhere.body, requestId: '' });
    for (const path of ['members', 'roles', 'audit-events']) {
      const { status } = await pia('GET', `/tenants/acme/${path}`);
      expect([200, 403], path).toContain(status);
      if (path !== 'audit-events') expect(status, path).toBe(403);
    }
    const subjects = (await pia('GET', '/operations')).body.items.map(({ subject }: { subject: string }) => subject);
    expect(subjects.filter((subject: string) => !subject.startsWith('tenants/acme/projects/shop'))).toEqual([]);
    expect((await pia('POST', '/tenants/acme/projects', { name: 'third' })).status).toBe(403);
  });

  it('gives roles in that project, and in no other', async () => {
    const pia = as('pia');
    const given = await pia('POST', '/tenants/acme/projects/shop/members', { username: 'gus', role: 'developer' });
    expect(given.status).toBe(201);
    expect(namesOf(await as('gus')('GET', '/tenants/acme/projects'))).toEqual(['shop']);
    const other = await pia('POST', '/tenants/acme/projects/office/members', { username: 'gus', role: 'viewer' });
    expect(other.status).toBe(404);
    expect((await pia('DELETE', '/tenants/acme/projects/shop/members/gus')).status).toBe(204);
    expect((await as('gus')('GET', '/tenants/acme')).status).toBe(404);
  });
});

describe('nobody gives more than he has', () => {
  it('an admin makes no owner, unmakes none, and cannot raise himself', async () => {
    const adam = as('adam');
    for (const [method, path, body] of [
      ['POST', '/tenants/acme/members', { username: 'eve', role: 'owner' }],
      ['PATCH', '/tenants/acme/members/adam', { role: 'owner' }],
      ['PATCH', '/tenants/acme/members/dora', { role: 'owner' }],
      ['PATCH', '/tenants/acme/members/olga', { role: 'viewer' }],
      ['DELETE', '/tenants/acme/members/olga', undefined],
    ] as const) {
      const answer = await adam(method, path, body);
      expect([answer.status, answer.body.code], path).toEqual([403, 'permission-not-yours']);
    }
    expect((await adam('PATCH', '/tenants/acme/members/dora', { role: 'admin' })).status).toBe(200);
    expect((await adam('PATCH', '/tenants/acme/members/dora', { role: 'developer' })).status).toBe(200);
  });

  it('a custom role has nothing that its maker lacks, nor what only the platform gives', async () => {
    const role = (permissions: string[]) => ({ name: 'sneaky', permissions });
    const more = await as('adam')('POST', '/tenants/acme/roles', role(['tenants:write']));
    expect(more.body.code).toBe('permission-not-yours');
    const platform = await as('olga')('POST', '/tenants/acme/roles', role(['users:write']));
    expect(platform.body.code).toBe('permission-not-here');
    const unknown = await as('olga')('POST', '/tenants/acme/roles', role(['all:things']));
    expect(unknown.status).toBe(400);
    const reserved = await as('olga')('POST', '/tenants/acme/roles', { name: 'owner', permissions: ['pods:read'] });
    expect(reserved.body.code).toBe('role-name-reserved');
  });

  it('a custom role that exceeds somebody can be neither changed nor given by him', async () => {
    const made = await as('olga')('POST', '/tenants/acme/roles', { name: 'deputy', permissions: ['tenants:write'] });
    expect(made.status).toBe(201);
    const adam = as('adam');
    const codes = [
      await adam('PATCH', '/tenants/acme/roles/deputy', { permissions: ['pods:read'] }),
      await adam('DELETE', '/tenants/acme/roles/deputy'),
      await adam('POST', '/tenants/acme/members', { username: 'eve', role: 'deputy' }),
    ].map(({ body }) => body.code);
    expect(codes).toEqual(['permission-not-yours', 'permission-not-yours', 'permission-not-yours']);
    expect((await as('olga')('DELETE', '/tenants/acme/roles/deputy')).status).toBe(204);
  });

  it('an auditor gives nothing, and a platform role is not a tenant’s to give', async () => {
    await admin('POST', '/platform-members', { username: 'tom', role: 'auditor' });
    const tom = as('tom');
    expect((await tom('GET', '/tenants/acme/members')).status).toBe(200);
    expect((await tom('GET', '/platform-members')).status).toBe(200);
    expect((await tom('POST', '/platform-members', { username: 'tom', role: 'admin' })).status).toBe(403);
    expect((await tom('POST', '/tenants/acme/members', { username: 'tom', role: 'viewer' })).status).toBe(403);
    const auditor = await as('olga')('POST', '/tenants/acme/members', { username: 'eve', role: 'auditor' });
    expect(auditor.body.code).toBe('role-unknown');
    expect((await admin('DELETE', '/platform-members/tom')).status).toBe(204);
    expect((await tom('GET', '/tenants/acme')).status).toBe(404);
  });
});

describe('a tenant', () => {
  it('keeps an owner without an end, whatever is tried', async () => {
    const olga = as('olga');
    const soon = new Date(Date.now() + 3600_000).toISOString();
    await olga('POST', '/tenants/acme/members', { group: 'acme-owners', role: 'owner' });
    await olga('POST', '/tenants/acme/members', { username: 'eve', role: 'owner', expiresAt: soon });
    for (const [method, body] of [
      ['PATCH', { role: 'admin' }],
      ['PATCH', { expiresAt: soon }],
      ['DELETE', undefined],
    ] as const) {
      expect((await olga(method, '/tenants/acme/members/olga', body)).body.code).toBe('last-owner');
    }
    expect((await olga('DELETE', '/tenants/acme/members/group:acme-owners')).status).toBe(204);
    expect((await olga('DELETE', '/tenants/acme/members/eve')).status).toBe(204);
  });
});

describe('a role', () => {
  it('of a group counts from the moment somebody is in it, and can be given before', async () => {
    const given = await as('olga')('POST', '/tenants/acme/members', { group: '/engineering/web', role: 'operator' });
    expect(given.body).toMatchObject({ kind: 'group', group: '/engineering/web', username: null });
    expect((await as('gus')('GET', '/tenants/acme')).status).toBe(404);
    await joinGroup('gus', '/engineering/web');
    const { noteAccessChange } = await import('../kernel/access/access.js');
    await api.app.get(Database).transaction((tx) => noteAccessChange(tx));
    await expect.poll(async () => (await as('gus')('GET', '/tenants/acme')).body.myRole).toBe('operator');
    const groups = await admin('GET', '/groups');
    expect(groups.body.items).toContainEqual(
      expect.objectContaining({ name: '/engineering/web', source: 'expected', memberCount: 1 }),
    );
    const member = encodeURIComponent('group:/engineering/web');
    expect((await as('olga')('DELETE', `/tenants/acme/members/${member}`)).status).toBe(204);
    expect((await as('gus')('GET', '/tenants/acme')).status).toBe(404);
  });

  it('that is taken away counts at the next request, and one that is changed, too', async () => {
    await as('olga')('POST', '/tenants/acme/roles', { name: 'porter', permissions: ['tenants:read', 'members:read'] });
    await as('olga')('POST', '/tenants/acme/members', { username: 'eve', role: 'porter' });
    expect((await as('eve')('GET', '/tenants/acme/members')).status).toBe(200);
    const used = await as('olga')('DELETE', '/tenants/acme/roles/porter');
    expect(used.body.code).toBe('role-in-use');
    await as('olga')('PATCH', '/tenants/acme/roles/porter', { permissions: ['tenants:read'] });
    expect((await as('eve')('GET', '/tenants/acme/members')).status).toBe(403);
    await as('olga')('DELETE', '/tenants/acme/members/eve');
    expect((await as('eve')('GET', '/tenants/acme')).status).toBe(404);
    expect((await as('olga')('DELETE', '/tenants/acme/roles/porter')).status).toBe(204);
  });

  it('for a time stands beside the lasting one, and is told by its id', async () => {
    const expiresAt = new Date(Date.now() + 3600_000).toISOString();
    const olga = as('olga');
    const lifted = await olga('POST', '/tenants/acme/members', { username: 'vera', role: 'operator', expiresAt });
    expect(lifted.body.expiresAt).toBe(expiresAt);
    const again = await olga('POST', '/tenants/acme/members', { username: 'vera', role: 'operator', expiresAt });
    expect(again.body.code).toBe('member-exists');
    expect((await as('vera')('GET', '/tenants/acme')).body.myRole).toBe('operator');
    const past = await olga('POST', '/tenants/acme/members', {
      username: 'eve',
      role: 'viewer',
      expiresAt: '2020-01-01T00:00:00Z',
    });
    expect(past.body.code).toBe('expiry-past');
    expect((await olga('DELETE', `/tenants/acme/members/${lifted.body.id}`)).status).toBe(204);
    expect((await as('vera')('GET', '/tenants/acme')).body.myRole).toBe('viewer');
  });

  it('is changed by nobody who saw another version', async () => {
    const stale = await as('olga')('PATCH', '/tenants/acme/members/dora', { role: 'viewer' }, { 'if-match': '"1"' });
    expect(stale.status).toBe(412);
  });
});

describe('GET /access/explain', () => {
  const ask = (name: string, query: string) => as(name)('GET', `/access/explain?${query}`);

  it('says by which role somebody may, and what is lacking where he may not', async () => {
    const allowed = await ask('dora', 'tenant=acme&project=shop&permission=builds:write');
    expect(allowed.body).toMatchObject({
      allowed: true,
      verdict: 'allowed',
      by: [{ role: 'developer', on: 'tenant' }],
    });
    const refused = await ask('dora', 'tenant=acme&permission=secrets:read');
    expect(refused.body).toMatchObject({ allowed: false, verdict: 'role-lacks-it', askFor: ['olga', 'adam'] });
    expect(refused.body.wouldSuffice[0]).toBe('admin');
    expect(refused.body.detail).toContain('dora is developer on the tenant acme');
    const platform = await ask('dora', 'permission=users:write');
    expect(platform.body).toMatchObject({ allowed: false, verdict: 'platform-only' });
  });

  it('agrees with what happens, for everybody and every permission', async () => {
    const { body } = await admin('GET', '/permissions?limit=500');
    expect(body.items.length).toBeGreaterThan(60);
    const me = await as('dora')('GET', '/me');
    const held = me.body.memberships?.find(({ tenant }: { tenant: string }) => tenant === 'acme')?.permissions;
    for (const { name } of body.items) {
      const { allowed } = (await ask('dora', `tenant=acme&permission=${name}`)).body;
      if (held) expect(allowed, name).toBe(held.includes(name));
    }
  });

  it('tells of others to those who may list the members there, and of no tenant that one may not know', async () => {
    expect((await ask('vera', 'user=dora&tenant=acme&permission=pods:exec')).body.allowed).toBe(true);
    expect((await ask('eve', 'tenant=acme&permission=pods:read')).status).toBe(404);
    expect((await ask('vera', 'user=dora&permission=users:read')).status).toBe(403);
    expect((await ask('pia', 'tenant=acme&project=office&permission=pods:read')).status).toBe(404);
    expect((await ask('pia', 'user=dora&tenant=acme&permission=pods:read')).status).toBe(403);
  });
});
