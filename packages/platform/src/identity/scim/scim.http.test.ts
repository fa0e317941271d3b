import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi, testPassword } from '../../testing/test-api.js';

let api: TestApi;
let token: string;
/** Of a directory that may change users whom no directory has made. */
let adopting: string;

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  const { body } = await api.call(api.admin, 'POST', '/identity/scim-tokens', { name: 'entra' });
  token = body.token;
  const wide = { name: 'wide', adoptsUsers: true };
  adopting = (await api.call(api.admin, 'POST', '/identity/scim-tokens', wide)).body.token;
});
afterAll(() => api?.close());

async function scim(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  bearer = token,
) {
  const answer = await fetch(`${api.url}/scim/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/scim+json', ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return { status: answer.status, headers: answer.headers, body: (text ? JSON.parse(text) : undefined) as any };
}
const find = async (filter: string, kind = 'Users') =>
  (await scim('GET', `/${kind}?filter=${encodeURIComponent(filter)}`)).body;
const createUser = async (userName: string, more: object = {}) => {
  const answer = await scim('POST', '/Users', { userName, displayName: userName.split('@')[0], ...more });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};

describe('the SCIM door', () => {
  it('opens to its own bearer alone, which opens nothing else', async () => {
    for (const bearer of ['', 'x', api.admin, `${token}x`]) {
      const refused = await scim('GET', '/Users', undefined, {}, bearer);
      expect([refused.status, refused.body.schemas[0]]).toEqual([401, 'urn:ietf:params:scim:api:messages:2.0:Error']);
    }
    expect((await api.call(token, 'GET', '/me')).status).toBe(401);
    const { body } = await api.call(api.admin, 'GET', '/identity/scim-tokens');
    expect(JSON.stringify(body)).not.toContain(token);
  });

  it('tells what it can', async () => {
    const config = await scim('GET', '/ServiceProviderConfig');
    expect(config.body).toMatchObject({
      patch: { supported: true },
      filter: { supported: true },
      bulk: { supported: false },
    });
    expect((await scim('GET', '/Schemas')).body.totalResults).toBe(2);
    expect((await scim('GET', '/ResourceTypes/User')).body.endpoint).toBe('/Users');
    expect((await scim('GET', '/Nothing')).status).toBe(404);
  });

  it('answers what cannot be read in its own form', async () => {
    const answers = [
      await scim('POST', '/Users', '{'),
      await scim('POST', '/Users', {}),
      await scim('GET', '/Users?filter=userName%20eq'),
      await scim('GET', '/Users/not-an-id'),
      await scim('DELETE', '/Users'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 404, 501]);
    for (const { body, status } of answers) expect(body.status).toBe(String(status));
  });

  it('takes a new token, with an overlap or without', async () => {
    const made = (await api.call(api.admin, 'POST', '/identity/scim-tokens', { name: 'okta' })).body;
    const rotated = (await api.call(api.admin, 'POST', `/identity/scim-tokens/${made.id}/rotate`, {})).body;
    const status = async (bearer: string) => (await scim('GET', '/Users', undefined, {}, bearer)).status;
    expect([await status(made.token), await status(rotated.token)]).toEqual([401, 200]);
    await api.call(api.admin, 'DELETE', `/identity/scim-tokens/${made.id}`);
    expect(await status(rotated.token)).toBe(401);
    const stranger = await api.createUser('stranger');
    expect((await api.call(stranger, 'POST', '/identity/scim-tokens', { name: 'x' })).status).toBe(403);
  });
});

describe('users', () => {
  it('are made, found in every way a directory looks, and not made twice', async () => {
    const email = [{ value: 'Ada@Example.com', type: 'work', primary: true }];
    const ada = await createUser('Ada@Example.com', { externalId: 'ext-1', emails: email, active: true });
    expect(ada).toMatchObject({ userName: 'Ada@Example.com', externalId: 'ext-1', active: true });
    for (const filter of [
      'userName eq "ada@example.com"',
      'externalId eq "ext-1"',
      'emails[type eq "work" and value eq "ada@example.com"]',
      `id eq "${ada.id}"`,
      'userName sw "ada" and active eq true',
      'displayName co "Ad" or externalId eq "none"',
    ]) {
      const { Resources } = await find(filter);
      expect(
        Resources.map(({ id }: { id: string }) => id),
        filter,
      ).toContain(ada.id);
    }
    expect((await find('userName eq "ad_@example.com"')).totalResults).toBe(0);
    expect((await find('externalId eq "EXT-1"')).totalResults).toBe(0);
    const twice = await scim('POST', '/Users', { userName: 'ada@example.com' });
    expect([twice.status, twice.body.scimType]).toEqual([409, 'uniqueness']);
    expect((await api.call(api.admin, 'GET', '/users/ada-example.com')).body.email).toBe('Ada@Example.com');
  });

  it('come in pages', async () => {
    for (const name of ['p1', 'p2', 'p3']) await createUser(`${name}@pages.example`);
    const page = async (query: string) =>
      (await scim('GET', `/Users?filter=${encodeURIComponent('userName ew "@pages.example"')}&${query}`)).body;
    expect(await page('count=2')).toMatchObject({ totalResults: 3, itemsPerPage: 2, startIndex: 1 });
    expect((await page('startIndex=3&count=2')).Resources).toHaveLength(1);
    expect((await page('count=0')).Resources).toHaveLength(0);
    expect((await page('startIndex=-5&count=many')).totalResults).toBe(3);
  });

  it.each([
    ['Okta', { op: 'replace', value: { active: false } }],
    ['Entra', { op: 'Replace', path: 'active', value: 'False' }],
  ])('that %s deactivates are signed out and refused at once', async (directory, operation) => {
    const name = `leaver-${directory.toLowerCase()}`;
    const bearer = await api.createUser(name);
    const pat = (await api.call(bearer, 'POST', '/me/tokens', { name: 'ci' })).body.token;
    const [row] = (await find(`userName eq "${name}"`)).Resources;
    const answer = await scim('PATCH', `/Users/${row.id}`, { Operations: [operation] }, {}, adopting);
    expect(answer.body.active).toBe(false);
    for (const used of [bearer, pat]) expect((await api.call(used, 'GET', '/me')).status).toBe(401);
    await expect(api.login(name, testPassword)).rejects.toThrow();
    const back = { Operations: [{ op: 'replace', path: 'active', value: true }] };
    await scim('PATCH', `/Users/${row.id}`, back);
    expect(await api.login(name, testPassword)).toBeTruthy();
  });

  it('that are deleted are disabled, and keep their name', async () => {
    const { id } = await createUser('gone@example.com');
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${id}`)).body.active).toBe(false);
    expect((await api.call(api.admin, 'GET', `/users/${id}`)).body.disabledAt).not.toBeNull();
  });

  it('are replaced only when they are as the directory believes', async () => {
    const made = await createUser('etag@example.com');
    const { version } = made.meta;
    const fresh = await scim('GET', `/Users/${made.id}`, undefined, { 'if-none-match': version });
    expect(fresh.status).toBe(304);
    const body = { userName: 'etag@example.com', displayName: 'New' };
    const put = await scim('PUT', `/Users/${made.id}`, body, { 'if-match': version });
    expect([put.status, put.body.displayName]).toEqual([200, 'New']);
    expect((await scim('PUT', `/Users/${made.id}`, body, { 'if-match': version })).status).toBe(412);
  });

  it('do not become more than users', async () => {
    const made = await createUser('sly@example.com', { isAdmin: true, passwordHash: 'x', roles: [{ value: 'admin' }] });
    expect((await api.call(api.admin, 'GET', `/users/${made.id}`)).body.isAdmin).toBe(false);
  });
});

describe('groups', () => {
  it('give roles by their name, also when the role came first', async () => {
    const gina = await api.createUser('gina');
    await api.call(api.admin, 'POST', '/tenants', { name: 'crew' });
    const [user] = (await find('userName eq "gina"')).Resources;
    const made = await scim('POST', '/Groups', {
      displayName: 'Platform Ops',
      externalId: 'g-1',
      members: [{ value: user.id }],
    });
    expect(made.status).toBe(201);
    const given = await api.call(api.admin, 'POST', '/tenants/crew/members', { group: 'Platform Ops', role: 'viewer' });
    expect(given.status, JSON.stringify(given.body)).toBe(201);
    expect((await api.call(gina, 'GET', '/tenants/crew')).status).toBe(200);
    const remove = { Operations: [{ op: 'Remove', path: `members[value eq "${user.id}"]` }] };
    expect((await scim('PATCH', `/Groups/${made.body.id}`, remove)).body.members).toEqual([]);
    await expect.poll(async () => (await api.call(gina, 'GET', '/tenants/crew')).status).toBe(404);
  });

  it('are changed in the ways of Okta and Entra', async () => {
    const ids: string[] = [];
    for (const name of ['m1', 'm2', 'm3']) ids.push((await createUser(`${name}@members.example`)).id);
    const { id } = (await scim('POST', '/Groups', { displayName: 'Shapes' })).body;
    const patch = async (...Operations: object[]) => {
      const { body } = await scim('PATCH', `/Groups/${id}`, { Operations });
      return body.members.map(({ value }: { value: string }) => ids.indexOf(value)).sort();
    };
    const value = (...which: number[]) => which.map((index) => ({ value: ids[index] }));
    expect(await patch({ op: 'Add', path: 'members', value: value(0, 1) })).toEqual([0, 1]);
    expect(await patch({ op: 'add', value: { members: value(2) } })).toEqual([0, 1, 2]);
    expect(await patch({ op: 'Remove', path: 'members', value: value(1) })).toEqual([0, 2]);
    expect(await patch({ op: 'replace', path: 'members', value: value(1) })).toEqual([1]);
    expect(await patch({ op: 'replace', value: { id, displayName: 'Shapes 2' } })).toEqual([1]);
    expect((await find('displayName eq "shapes 2"', 'Groups')).totalResults).toBe(1);
    const bare = (await scim('GET', `/Groups/${id}?excludedAttributes=members`)).body;
    expect(bare.members).toBeUndefined();
    expect((await scim('GET', `/Users/${ids[1]}`)).body.groups[0].display).toBe('Shapes 2');
    expect((await scim('POST', '/Groups', { displayName: 'Shapes 2' })).body.scimType).toBe('uniqueness');
    expect(
      (await scim('PATCH', `/Groups/${id}`, { Operations: [{ op: 'add', path: 'members', value: [{ value: 'x' }] }] }))
        .status,
    ).toBe(400);
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204);
  });

  it('keep members whom an administrator added, and tell who keeps whom', async () => {
    await api.createUser('hand');
    const { id } = (await scim('POST', '/Groups', { displayName: 'Mixed' })).body;
    expect((await api.call(api.admin, 'PUT', '/groups/Mixed/members/hand')).status).toBe(204);
    await scim('PUT', `/Groups/${id}`, { displayName: 'Mixed', members: [] });
    const { body } = await api.call(api.admin, 'GET', '/groups/Mixed/members');
    expect(body.items).toMatchObject([{ username: 'hand', source: 'direct' }]);
    expect((await api.call(api.admin, 'DELETE', '/groups/Mixed/members/hand')).status).toBe(204);
  });
});

describe('what a directory may not do', () => {
  const off = { Operations: [{ op: 'Replace', value: { active: false } }] };
  const idOf = async (username: string) => (await api.call(api.admin, 'GET', `/users/${username}`)).body.id;

  it('is to change users whom no directory has made, unless an administrator has let it', async () => {
    await api.createUser('homegrown');
    const id = await idOf('homegrown');
    for (const [method, body] of [
      ['PATCH', off],
      ['PUT', { userName: 'homegrown', active: false }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await scim(method, `/Users/${id}`, body);
      expect([answer.status, answer.body.scimType]).toEqual([403, 'mutability']);
      expect(answer.body.detail).toContain('adoptsUsers');
    }
    expect((await api.call(api.admin, 'GET', '/users/homegrown')).body.disabledAt).toBeNull();
    expect((await scim('PATCH', `/Users/${id}`, off, {}, adopting)).body.active).toBe(false);
    // From then on the directory's own.
    expect((await scim('GET', `/Users/${id}`)).body.active).toBe(false);
    const on = { Operations: [{ op: 'Replace', value: { active: true } }] };
    expect((await scim('PATCH', `/Users/${id}`, on)).body.active).toBe(true);
  });

  it('is to take away the last administrator: by disabling, by deleting, by a group', async () => {
    const admin = await idOf('admin');
    const expectLast = async (method: string, path: string, body?: unknown) => {
      const answer = await scim(method, path, body, {}, adopting);
      expect(answer.status, JSON.stringify(answer.body)).toBe(409);
      expect(answer.body.detail).toContain('at least one administrator');
    };
    await expectLast('PATCH', `/Users/${admin}`, off);
    await expectLast('DELETE', `/Users/${admin}`);
    expect((await api.call(api.admin, 'GET', '/me')).status).toBe(200);

    const chief = await createUser('chief@example.com');
    const group = (await scim('POST', '/Groups', { displayName: 'chiefs', members: [{ value: chief.id }] })).body;
    await api.call(api.admin, 'POST', '/platform-members', { group: 'chiefs', role: 'admin' });
    expect((await api.call(api.admin, 'GET', `/users/${chief.id}`)).body.isAdmin).toBe(true);
    // With two of them either may go, the other may not.
    expect((await scim('PATCH', `/Users/${admin}`, off, {}, adopting)).status).toBe(200);
    await expectLast('PATCH', `/Groups/${group.id}`, { Operations: [{ op: 'Remove', path: 'members' }] });
    await expectLast('DELETE', `/Groups/${group.id}`);
    await expectLast('PATCH', `/Users/${chief.id}`, off);
    const on = { Operations: [{ op: 'Replace', value: { active: true } }] };
    expect((await scim('PATCH', `/Users/${admin}`, on, {}, adopting)).status).toBe(200);
    expect((await scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
  });

  it('is to take both of two administrators at the same time', async () => {
    await api.call(api.admin, 'POST', '/users', { username: 'deputy', password: testPassword, isAdmin: true });
    const ids = [await idOf('admin'), await idOf('deputy')];
    const answers = await Promise.all(ids.map((id) => scim('PATCH', `/Users/${id}`, off, {}, adopting)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const on = { Operations: [{ op: 'Replace', value: { active: true } }] };
    for (const id of ids) await scim('PATCH', `/Users/${id}`, on, {}, adopting);
  });
});
