import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Database } from '../kernel/database/index.js';
import { otherModules as modules } from '../testing/other-modules.js';
import { createUserWithToken, startTestApi, type TestApi } from '../testing/test-api.js';
import { loadReferred, openSecrets } from './effective-config.service.js';

let api: TestApi;
const tokens: Record<string, string> = {};
const tenant = '/tenants/acme/config';
const project = '/tenants/acme/projects/shop/config';
const environment = '/tenants/acme/projects/shop/environments/production/config';
const own = '/tenants/acme/projects/shop/applications/web/environments/production/config';
const scopes = [tenant, project, environment];

const as = (who: string, method: string, path: string, body?: object, headers?: Record<string, string>) =>
  api.call(who === 'admin' ? api.admin : tokens[who], method, path, body, headers);

async function set(path: string, variables: object, secrets?: object) {
  const { status, body } = await as('dora', 'PATCH', path, { variables, secrets });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

/** `A=1 project over tenant`, in the order of the names. */
async function effective(path = own, only = /./): Promise<string[]> {
  const { body } = await as('vera', 'GET', `${path}/effective`);
  return body.names
    .filter(({ name }: { name: string }) => only.test(name))
    .map(({ name, value, version, scope, shadows }: Record<string, unknown> & { shadows: { scope: string }[] }) =>
      [
        `${name}${value === null ? `!${version}` : `=${value}`}`,
        [scope, ...shadows.map((one) => one.scope)].join(' over '),
      ].join(' '),
    );
}

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl'), modules });
  for (const name of ['dora', 'vera', 'petra', 'mallory']) tokens[name] = await createUserWithToken(api, name);
  await as('admin', 'POST', '/tenants', { name: 'acme' });
  await as('admin', 'POST', '/tenants', { name: 'evil', owner: 'mallory' });
  for (const name of ['shop', 'office']) await as('admin', 'POST', '/tenants/acme/projects', { name });
  await as('admin', 'POST', '/tenants/acme/members', { username: 'dora', role: 'developer' });
  await as('admin', 'POST', '/tenants/acme/members', { username: 'vera', role: 'viewer' });
  await as('admin', 'POST', '/tenants/acme/projects/shop/members', { username: 'petra', role: 'owner' });
  for (const name of ['web', 'api']) {
    const body = { name, source: { type: 'image', image: 'registry.example.com/web:1' } };
    expect((await as('dora', 'POST', '/tenants/acme/projects/shop/applications', body)).status).toBe(201);
  }
});
afterAll(() => api?.close());

describe('what an application gets', () => {
  it('is inherited, the nearest scope first, with its origin and what it shadows', async () => {
    await set(tenant, { LEVEL: 'info', REGION: 'eu', ONLY: 'tenant' }, { DSN: 'of-the-tenant' });
    await set(project, { LEVEL: 'warn', REGION: 'us' });
    await set(environment, { LEVEL: 'error' }, { REGION: 'secretly' });
    await set(own, { LEVEL: 'debug' });
    expect(await effective()).toEqual([
      'DSN!1 tenant',
      'LEVEL=debug application over environment over project over tenant',
      'ONLY=tenant tenant',
      'REGION!1 environment over project over tenant',
    ]);
    expect(await effective(project)).toEqual([
      'DSN!1 tenant',
      'LEVEL=warn project over tenant',
      'ONLY=tenant tenant',
      'REGION=us project over tenant',
    ]);
    const { body } = await as('vera', 'GET', `${own}/effective`);
    expect(body.names[1]).toMatchObject({
      owner: 'web',
      shadows: [{ owner: 'production' }, { owner: 'shop' }, { owner: 'acme' }],
    });
    expect(body.size.names).toBe(4);
    await set(own, { LEVEL: null });
    expect(await effective(own, /LEVEL/)).toEqual(['LEVEL=error environment over project over tenant']);
  });

  it('never has the value of a secret in an answer, an event or the audit log', async () => {
    const paths = [...scopes, own].flatMap((path) => [
      path,
      `${path}/effective`,
      `${path}/versions`,
      `${path}/versions/1`,
    ]);
    for (const path of [...paths, '/tenants/acme/audit-events']) {
      const { status, body } = await as('admin', 'GET', path);
      expect(status, path).toBe(200);
      expect(JSON.stringify(body)).not.toMatch(/of-the-tenant|secretly/);
    }
    const events = await api.app.get(Database).read.event.findMany();
    expect(events.some(({ type, resource }) => type === 'config.updated' && resource === 'config')).toBe(true);
    expect(JSON.stringify(events.map(({ data }) => data))).not.toMatch(/of-the-tenant|secretly/);
  });
});

describe('a change of an outer scope', () => {
  it('says which applications get it at their next release, and with dryRun does no more', async () => {
    await set(own, { LEVEL: 'mine' });
    const before = (await as('vera', 'GET', project)).body;
    const told = await as('dora', 'PATCH', `${project}?dryRun=true`, { variables: { LEVEL: 'trace', NEW: '1' } });
    expect(told.body).toMatchObject({ ...before, reachCount: 2 });
    // The environment sets LEVEL for both.
    expect(told.body.reaches).toEqual([
      { project: 'shop', environment: 'production', application: 'api', names: ['NEW'], isRunning: false },
      { project: 'shop', environment: 'production', application: 'web', names: ['NEW'], isRunning: false },
    ]);
    expect((await as('vera', 'GET', project)).body).toEqual(before);
    const inProduction = await as('dora', 'PATCH', `${environment}?dryRun=true`, { variables: { LEVEL: null } });
    expect(inProduction.body.reaches).toMatchObject([{ application: 'api', names: ['LEVEL'] }]);
    await set(own, { LEVEL: null });
  });

  it('is refused where an application would pass the limits, with the field at the edge', async () => {
    const fill = (prefix: string, count: number, value: string | null = 'x') =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}_${index}`, value]));
    const other = own.replace('/web/', '/api/');
    await set(other, fill('MINE', 490));
    const room = 500 - (await effective(other)).length;
    const refused = await as('dora', 'PATCH', tenant, { variables: fill('OUTER', room + 2) });
    expect(refused).toMatchObject({ status: 422, body: { code: 'config-too-large' } });
    expect(refused.body.errors).toMatchObject([{ path: `body.variables.OUTER_${room}`, code: 'config-too-large' }]);
    expect(refused.body.errors[0].message).toContain('api in production of shop');
    expect((await as('dora', 'PATCH', `${tenant}?dryRun=true`, { variables: fill('OUTER', room + 2) })).status).toBe(
      422,
    );
    await set(tenant, fill('OUTER', room));
    const mine = await as('dora', 'PATCH', other, { secrets: { LAST: 'x' } });
    expect(mine.body).toMatchObject({ code: 'config-too-large', errors: [{ path: 'body.secrets.LAST' }] });
    // What is only shadowed takes no room.
    await set(tenant, { MINE_0: 'shadowed' });
    const large = {
      variables: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`L${index}`, 'x'.repeat(32_000)])),
    };
    expect((await as('dora', 'PATCH', environment, large)).body).toMatchObject({ code: 'config-too-large' });
    // Both at once would fill the same room.
    await set(tenant, { OUTER_0: null });
    const both = await Promise.all([
      as('dora', 'PATCH', tenant, { variables: { RACE_A: 'x' } }),
      as('dora', 'PATCH', other, { variables: { RACE_B: 'x' } }),
      as('dora', 'PATCH', environment, { variables: { RACE_C: 'x' } }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422, 422]);
    await set(tenant, { ...fill('OUTER', room, null), RACE_A: null, MINE_0: null });
    await set(environment, { RACE_C: null });
    await set(other, { ...fill('MINE', 490, null), RACE_B: null });
  }, 60_000);
});

describe('history', () => {
  it.each([tenant, project, environment, own])('of %s is listed, read and brought back', async (path) => {
    const first = (await set(path, { HISTORY: 'one' }, { KEPT: 'first' })).version;
    await set(path, { HISTORY: 'two' }, { KEPT: 'second' });
    await set(path, { HISTORY: null }, { KEPT: null });
    const { body: page } = await as('vera', 'GET', `${path}/versions?limit=2`);
    expect(page.items[0]).toMatchObject({
      number: first + 2,
      createdBy: 'dora',
      restored: null,
      changes: [
        { name: 'HISTORY', kind: 'variable', change: 'removed' },
        { name: 'KEPT', kind: 'secret', change: 'removed' },
      ],
    });
    const next = (await as('vera', 'GET', `${path}/versions?limit=2&cursor=${page.nextCursor}`)).body;
    expect(next.items[0].number).toBe(first);
    const version = (await as('vera', 'GET', `${path}/versions/${first}`)).body;
    expect(version).toMatchObject({ variables: { HISTORY: 'one' }, secrets: { KEPT: { version: first } } });
    expect((await as('dora', 'POST', `${path}/restore`, { version: first })).status).toBe(200);
    const now = (await as('vera', 'GET', path)).body;
    expect(now).toMatchObject({ version: first + 3, variables: version.variables, secrets: version.secrets });
    expect((await as('vera', 'GET', `${path}/versions?limit=1`)).body.items[0]).toMatchObject({ restored: first });
    const { body: log } = await as('admin', 'GET', '/tenants/acme/audit-events?action=config.restore');
    expect(log.items[0]).toMatchObject({ actor: 'dora', resource: path.slice(1), after: { restored: first } });
    await set(path, { HISTORY: null }, { KEPT: null });
    // A secret that is set once more has a version that none of its values had.
    expect((await set(path, {}, { KEPT: 'third' })).secrets.KEPT.version).toBe(first + 5);
    await set(path, {}, { KEPT: null });
    for (const number of ['999', '0', 'x', '1.5', '99999999999'])
      expect((await as('vera', 'GET', `${path}/versions/${number}`)).body.code).toBe('config-version-not-found');
    expect((await as('dora', 'POST', `${path}/restore`, { version: 999 })).body.code).toBe('config-version-not-found');
    expect((await as('vera', 'POST', `${path}/restore`, { version: first })).status).toBe(403);
  });
});

describe('a release', () => {
  const releases = '/tenants/acme/projects/shop/applications/web/releases';
  const release = async () => (await as('dora', 'POST', releases, {})).body;

  it('holds what counted when it was made, by its hash, also when it is removed', async () => {
    await set(tenant, { HELD: 'first' }, { TOKEN: 'first-token' });
    const one = await release();
    expect((await release()).hash).toBe(one.hash);
    expect(one.config.production).toMatchObject({ inherited: { tenant: expect.any(Number) } });
    await set(own, { UNSEEN: 'x' });
    await set(own, { UNSEEN: null });
    expect((await release()).hash).toBe(one.hash);
    const { version } = (await as('vera', 'GET', tenant)).body;
    await set(tenant, { HELD: 'second' }, { TOKEN: 'second-token' });
    const two = await release();
    expect(two.hash).not.toBe(one.hash);
    const { body: diff } = await as('vera', 'GET', `${releases}/${two.number}/diff?with=${one.number}`);
    expect(diff.changes.map(({ path }: { path: string }) => path)).toContain('config.production.secrets.TOKEN');
    await set(tenant, { HELD: null }, { TOKEN: null });
    const three = await release();
    expect(three.config.production.secrets).not.toHaveProperty('TOKEN');

    const { read } = api.app.get(Database);
    const placement = await read.placement.findFirstOrThrow({
      where: { application: { name: 'web' } },
      include: { environment: true },
    });
    const owners = {
      tenant: placement.tenantId,
      project: placement.environment.projectId,
      environment: placement.environmentId,
      application: placement.id,
    };
    const held = async ({ config }: typeof one) => {
      const { variables, sealed } = await loadReferred(read, placement.tenantId, owners, config.production);
      return [variables['HELD'], openSecrets(api.app.get(Crypto), sealed)['TOKEN']];
    };
    expect(await held(one)).toEqual(['first', 'first-token']);
    expect(await held(two)).toEqual(['second', 'second-token']);
    expect(await held(three)).toEqual([undefined, undefined]);
    // Brought back, it is the same content again.
    await as('dora', 'POST', `${tenant}/restore`, { version });
    expect((await release()).hash).toBe(one.hash);
  });
});

describe('import', () => {
  it('takes a .env file at each scope, told before it is done', async () => {
    for (const path of scopes) {
      const body = { text: 'IMPORTED=1\nKEY=hidden-key\n1BAD=x', secrets: ['KEY'] };
      const told = await as('dora', 'POST', `${path}/import?dryRun=true`, body);
      expect(told.body.names.map(({ change }: { change: string }) => change)).toEqual(['refused', 'added', 'added']);
      expect(told.body.config.variables).not.toHaveProperty('IMPORTED');
      expect(told.body.config.reachCount).toBeGreaterThan(0);
      const done = await as('dora', 'POST', `${path}/import`, body);
      expect(done.body.config).toMatchObject({ variables: { IMPORTED: '1' }, secrets: { KEY: {} } });
      expect(JSON.stringify(done.body)).not.toContain('hidden-key');
      await set(path, { IMPORTED: null }, { KEY: null });
    }
  });
});

describe('who may', () => {
  it.each(scopes)('a viewer reads %s and does not change it; a stranger finds nothing', async (path) => {
    expect((await as('vera', 'GET', path)).status).toBe(200);
    for (const [method, at, body] of [
      ['PATCH', path, { variables: { A: '1' } }],
      ['PATCH', `${path}?dryRun=true`, { variables: { A: '1' } }],
      ['POST', `${path}/import`, { text: 'A=1' }],
      ['POST', `${path}/restore`, { version: 1 }],
    ] as const) {
      expect((await as('vera', method, at, body)).status).toBe(403);
      expect((await as('mallory', method, at, body)).status).toBe(404);
      if (path !== tenant) expect((await as('mallory', method, at.replace('acme', 'evil'), body)).status).toBe(404);
    }
    expect((await as('mallory', 'GET', path)).status).toBe(404);
  });

  it("a project's owner changes the project's and its environments', not the tenant's, and no other project's", async () => {
    const body = { variables: { BY_PETRA: '1' } };
    for (const path of [project, environment, own]) expect((await as('petra', 'PATCH', path, body)).status).toBe(200);
    expect((await as('petra', 'PATCH', tenant, body)).status).toBe(403);
    expect((await as('petra', 'GET', tenant)).status).toBe(403);
    expect((await as('petra', 'POST', `${tenant}/restore`, { version: 1 })).status).toBe(403);
    expect((await as('petra', 'PATCH', project.replace('shop', 'office'), body)).status).toBe(404);
    // What the project inherits is its own business to see.
    expect((await as('petra', 'GET', `${project}/effective`)).status).toBe(200);
    for (const path of [project, environment, own]) await set(path, { BY_PETRA: null });
  });

  it('another tenant’s config is not found by ids', async () => {
    const { id } = (await as('dora', 'GET', '/tenants/acme/projects/shop')).body;
    expect((await as('mallory', 'GET', `/tenants/evil/projects/${id}/config`)).status).toBe(404);
  });

  it('what is no name, too long or a secret that could be revealed is refused with its field', async () => {
    for (const [body, field] of [
      [{ variables: { '1BAD': 'x' } }, 'variables'],
      [{ variables: { LONG: 'x'.repeat(40_000) } }, 'variables.LONG'],
      [{ secrets: { OPEN: { value: 'x', revealable: true } } }, 'secrets.OPEN'],
    ] as const) {
      const { status, body: problem } = await as('dora', 'PATCH', tenant, body);
      expect([400, 422]).toContain(status);
      expect(problem.errors[0].path).toContain(field);
    }
    await set(tenant, { TWICE: 'x' });
    const twice = await as('dora', 'PATCH', tenant, { secrets: { TWICE: 'y' } });
    expect(twice.body).toMatchObject({ code: 'config-name-twice', errors: [{ path: 'body.secrets.TWICE' }] });
    await set(tenant, { TWICE: null });
  });
});

it.each([tenant, project, environment, own])('two writers at %s: the later one is told', async (path) => {
  const etag = (await api.call(api.admin, 'GET', path)).headers.get('etag') ?? '';
  const write = (value: string) => as('dora', 'PATCH', path, { variables: { RACE: value } }, { 'if-match': etag });
  const answers = await Promise.all([write('a'), write('b'), write('c')]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  const together = await Promise.all(
    ['d', 'e', 'f', 'g'].map((name) => as('dora', 'PATCH', path, { variables: { [`RACE_${name}`]: '1' } })),
  );
  expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const { body } = await as('vera', 'GET', path);
  expect(Object.keys(body.variables).filter((name) => name.startsWith('RACE_'))).toHaveLength(4);
  await set(path, Object.fromEntries(['RACE', 'RACE_d', 'RACE_e', 'RACE_f', 'RACE_g'].map((name) => [name, null])));
});

it('what is deleted takes its versions with it', async () => {
  const { read } = api.app.get(Database);
  const application = await read.application.findFirstOrThrow({ where: { name: 'api' } });
  const count = (where: object) => read.configVersion.count({ where });
  const placement = { placement: { applicationId: application.id } };
  expect(await count(placement)).toBeGreaterThan(0);
  await read.application.delete({ where: { id: application.id } });
  expect(await count({ scope: 'application' })).toBe(await count({ placement: { application: { name: 'web' } } }));
  await read.project.delete({ where: { id: application.projectId } });
  expect(await count({ scope: { not: 'tenant' } })).toBe(0);
  expect(await count({ scope: 'tenant' })).toBeGreaterThan(0);
  await read.tenant.delete({ where: { name: 'acme' } });
  expect(await count({ tenantId: application.tenantId })).toBe(0);
});
