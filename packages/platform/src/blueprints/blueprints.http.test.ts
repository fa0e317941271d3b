import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ConfigModule } from '../config/config.module.js';
import { Database } from '../kernel/database/index.js';
import { NetworkPoliciesModule } from '../network-policies/network-policies.module.js';
import { QuotaRoutesModule } from '../quotas/quota-routes.module.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { ProjectBlueprintsModule } from './project-blueprints.module.js';

let api: TestApi;
let owner: string;
let developer: string;
let lead: string;
let stranger: string;
const blueprints = '/tenants/acme/blueprints';
const projects = '/tenants/acme/projects';
const asOwner = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  api.call(owner, method, path, body, headers);

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [ConfigModule, NetworkPoliciesModule, QuotaRoutesModule, ProjectBlueprintsModule],
  });
  [owner, developer, lead, stranger] = [
    await api.createUser('owner'),
    await api.createUser('developer'),
    await api.createUser('lead'),
    await api.createUser('stranger'),
  ];
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme', owner: 'owner' });
  await api.call(api.admin, 'POST', '/tenants', { name: 'rival', owner: 'stranger' });
  await asOwner('POST', '/tenants/acme/members', { username: 'developer', role: 'developer' });
}, 120_000);
afterAll(() => api?.close());

const production = { name: 'production', kind: 'production', limits: { pods: 4 }, config: { LOG_LEVEL: 'warn' } };
const first = {
  environments: [production, { name: 'staging', kind: 'staging', config: { FEATURE: 'on' } }],
  groups: [{ group: 'web-team', role: 'developer' }],
  limits: { pods: 10, 'requests.cpu': '2' },
  config: { LOG_LEVEL: 'info', REGION: 'eu' },
  network: { mode: 'project' },
};
const second = {
  environments: [
    { ...production, limits: { pods: 6 } },
    { name: 'dev', kind: 'development', config: { DEBUG: '1' } },
  ],
  groups: [{ group: 'web-team', role: 'operator' }],
  limits: { pods: 12, 'requests.cpu': '2000m' },
  config: { LOG_LEVEL: 'error', TRACE: 'off' },
  network: { mode: 'namespace' },
};
const make = async (name: string) => {
  expect((await asOwner('POST', blueprints, { name: `${name}-plan`, content: first })).status).toBe(201);
  const project = await asOwner('POST', projects, { name, blueprint: `${name}-plan` });
  expect(project.status, JSON.stringify(project.body)).toBe(201);
  return project.body;
};
const change = (name: string, content: object = second) => asOwner('PATCH', `${blueprints}/${name}-plan`, { content });
const planOf = (name: string) => asOwner('GET', `${projects}/${name}/blueprint`);
const pathsOf = (changes: readonly { path: string }[]) => changes.map(({ path }) => path).sort();
const configOf = async (name: string, environment?: string) => {
  const scope = environment ? `/environments/${environment}` : '';
  return (await asOwner('GET', `${projects}/${name}${scope}/config`)).body.variables;
};

describe('a project made from a blueprint', () => {
  it('has its configuration, in the project and in each environment, and its network mode', async () => {
    expect(await make('shop')).toMatchObject({ blueprint: 'shop-plan', blueprintVersion: 1, environmentCount: 2 });
    expect(await configOf('shop')).toEqual(first.config);
    expect(await configOf('shop', 'production')).toEqual({ LOG_LEVEL: 'warn' });
    expect(await configOf('shop', 'staging')).toEqual({ FEATURE: 'on' });
    const network = await asOwner('GET', `${projects}/shop/network`);
    expect(network.body).toMatchObject({ mode: 'project', inForce: 'project' });
    const database = api.app.get(Database, { strict: false }).read;
    const actions = await database.auditEvent.findMany({
      where: { action: { in: ['config.update', 'network.update'] } },
    });
    expect(actions.filter(({ resource }) => resource.startsWith('tenants/acme/projects/shop'))).toHaveLength(4);
  });

  it('is not made at all where the config has no room, and the field is named', async () => {
    const big = 'x'.repeat(30_000);
    const names = Array.from({ length: 17 }, (_, index) => [`BIG_${index}`, big] as const);
    for (const part of [names.slice(0, 6), names.slice(6, 12), names.slice(12)])
      expect((await asOwner('PATCH', '/tenants/acme/config', { variables: Object.fromEntries(part) })).status).toBe(
        200,
      );
    const content = { ...first, config: { A: big, B: big } };
    await asOwner('POST', blueprints, { name: 'full', content });
    const refused = await asOwner('POST', projects, { name: 'full', blueprint: 'full' });
    expect(refused.status).toBe(422);
    expect(refused.body.code).toBe('config-too-large');
    expect(refused.body.errors[0].path).toMatch(/^blueprint\.config\.[AB]$/);
    expect((await asOwner('GET', `${projects}/full`)).status).toBe(404);
    await asOwner('PATCH', '/tenants/acme/config', {
      variables: Object.fromEntries(names.map(([name]) => [name, null])),
    });
  });
});

describe('a blueprint', () => {
  it.each<[string, object, string, number]>([
    ['a resource that nothing counts', { limits: { wishes: 3 } }, 'body.content.limits.wishes', 422],
    ['an amount that is none', { limits: { pods: 'many' } }, 'body.content.limits.pods', 422],
    [
      'an amount of an environment that is none',
      { environments: [{ ...production, limits: { pods: 'many' } }] },
      'body.content.environments.0.limits.pods',
      422,
    ],
    ['a name that no variable has', { config: { 'A-B': '1' } }, 'body.content.config.A-B', 400],
    [
      'a name of an environment that no variable has',
      { environments: [{ ...production, config: { '1A': '1' } }] },
      'body.content.environments.0.config.1A',
      400,
    ],
    ['a mode that there is not', { network: { mode: 'world' } }, 'body.content.network.mode', 400],
  ])('is refused with %s, by its path', async (_, part, path, status) => {
    const refused = await asOwner('POST', blueprints, { name: 'wrong', content: { ...first, ...part } });
    expect(refused.status).toBe(status);
    expect(refused.body.errors.map((one: { path: string }) => one.path)).toEqual([path]);
  });

  it('keeps a version of each change, which can be read, also by those who only use it', async () => {
    await asOwner('POST', blueprints, { name: 'kept', content: first });
    const changed = await asOwner('PATCH', `${blueprints}/kept`, { content: second, displayName: 'Kept' });
    expect(changed.body).toMatchObject({ version: 2, displayName: 'Kept' });
    const list = await api.call(developer, 'GET', `${blueprints}/kept/versions`);
    expect(list.body.items).toMatchObject([
      { number: 2, displayName: 'Kept', createdBy: 'owner' },
      { number: 1, displayName: 'kept' },
    ]);
    const page = await asOwner('GET', `${blueprints}/kept/versions?limit=1`);
    expect(page.body.items).toHaveLength(1);
    const next = await asOwner('GET', `${blueprints}/kept/versions?limit=1&cursor=${page.body.nextCursor}`);
    expect(next.body.items).toMatchObject([{ number: 1 }]);
    const old = await api.call(developer, 'GET', `${blueprints}/kept/versions/1`);
    expect(old.body.content.config).toEqual(first.config);
    for (const version of ['3', '0', 'x', '99999999999'])
      expect((await asOwner('GET', `${blueprints}/kept/versions/${version}`)).body.code).toBe(
        'blueprint-version-not-found',
      );
    expect((await api.call(stranger, 'GET', `/tenants/rival/blueprints/kept/versions`)).status).toBe(404);
    expect((await api.call(stranger, 'GET', `/tenants/rival/blueprints/kept/versions/1`)).status).toBe(404);
    expect((await api.call(stranger, 'GET', `${blueprints}/kept/versions`)).status).toBe(404);
  });

  it('that is built in has one version, and the platform’s have theirs for everybody', async () => {
    const builtIn = await asOwner('GET', `${blueprints}/minimal/versions`);
    expect(builtIn.body.items).toMatchObject([{ number: 1, createdAt: null }]);
    expect((await asOwner('GET', `${blueprints}/minimal/versions/1`)).body.content.environments).toHaveLength(1);
    expect((await asOwner('GET', `${blueprints}/minimal/versions/2`)).status).toBe(404);
    await api.call(api.admin, 'POST', '/blueprints', { name: 'everyone', content: first });
    await api.call(api.admin, 'PATCH', '/blueprints/everyone', { content: second });
    expect((await api.call(stranger, 'GET', '/blueprints/everyone/versions')).body.items).toHaveLength(2);
    expect((await api.call(stranger, 'GET', '/blueprints/everyone/versions/1')).status).toBe(200);
    expect((await asOwner('GET', `${blueprints}/everyone/versions/2`)).status).toBe(200);
    expect((await asOwner('PATCH', `${blueprints}/everyone`, { displayName: 'Mine' })).status).toBe(404);
    const project = await asOwner('POST', projects, { name: 'common', blueprint: 'everyone' });
    expect(project.body).toMatchObject({ blueprintVersion: 2 });
    await api.call(api.admin, 'PATCH', '/blueprints/everyone', { content: first });
    expect((await planOf('common')).body).toMatchObject({ madeFrom: 2, newest: 3, isGone: false });
  });

  it('changed by many at once has a version of each', async () => {
    await asOwner('POST', blueprints, { name: 'busy', content: first });
    const changes = await Promise.all(
      Array.from({ length: 6 }, (_, index) => asOwner('PATCH', `${blueprints}/busy`, { description: `${index}` })),
    );
    expect(changes.map(({ status }) => status)).toEqual(Array(6).fill(200));
    const list = await asOwner('GET', `${blueprints}/busy/versions`);
    expect(list.body.items.map((one: { number: number }) => one.number)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });
});

describe('a newer version', () => {
  it('changes no project by itself; the plan says what it would change', async () => {
    await make('plan');
    expect((await planOf('plan')).body).toMatchObject({ madeFrom: 1, newest: 1, target: 1, changes: [] });
    await change('plan');
    const { body } = await planOf('plan');
    expect(body).toMatchObject({ blueprint: 'plan-plan', isGone: false, madeFrom: 1, newest: 2, target: 2 });
    expect(pathsOf(body.changes)).toEqual([
      'config.LOG_LEVEL',
      'config.REGION',
      'config.TRACE',
      'environments.dev',
      'environments.dev.config.DEBUG',
      'environments.production.limits.pods',
      'environments.staging',
      'groups.web-team:developer',
      'groups.web-team:operator',
      'limits.pods',
      'network.mode',
    ]);
    expect(await configOf('plan')).toEqual(first.config);
    expect((await asOwner('GET', `${projects}/plan/blueprint?version=1`)).body.changes).toEqual([]);
    expect((await asOwner('GET', `${projects}/plan/blueprint?version=9`)).status).toBe(404);
    expect((await asOwner('GET', `${projects}/plan/blueprint?version=x`)).status).toBe(400);
  });

  it('is applied without removing anything, and the project then has it', async () => {
    await make('add');
    await change('add');
    const applied = await asOwner('POST', `${projects}/add/blueprint/apply`, {});
    expect(applied.status, JSON.stringify(applied.body)).toBe(200);
    expect(applied.body).toMatchObject({ madeFrom: 2, newest: 2 });
    expect(pathsOf(applied.body.kept)).toEqual(['config.REGION', 'environments.staging', 'groups.web-team:developer']);
    expect(await configOf('add')).toEqual({ ...first.config, ...second.config });
    expect(await configOf('add', 'dev')).toEqual({ DEBUG: '1' });
    const environments = (await asOwner('GET', `${projects}/add/environments`)).body.items;
    expect(environments.map(({ name }: { name: string }) => name).sort()).toEqual(['dev', 'production', 'staging']);
    expect((await asOwner('GET', `${projects}/add/network`)).body.mode).toBe('namespace');
    const limitsOf = async (path: string) =>
      Object.fromEntries(
        (await asOwner('GET', `${path}/quota`)).body.items.map((one: { resource: string; limit: string }) => [
          one.resource,
          one.limit,
        ]),
      );
    expect(await limitsOf(`${projects}/add`)).toMatchObject({ pods: '12' });
    expect(await limitsOf(`${projects}/add/environments/production`)).toMatchObject({ pods: '6' });
    const members = (await asOwner('GET', `${projects}/add/members`)).body.items;
    expect(members.map(({ role }: { role: string }) => role).sort()).toEqual(['developer', 'operator']);
    expect((await asOwner('GET', `${projects}/add`)).body.blueprintVersion).toBe(2);
    expect((await planOf('add')).body.changes).toEqual([]);
    const database = api.app.get(Database, { strict: false }).read;
    const event = await database.auditEvent.findFirstOrThrow({ where: { action: 'project.apply-blueprint' } });
    expect(event).toMatchObject({ actor: 'owner', resource: 'tenants/acme/projects/add' });
  });

  it('removes and overwrites what is named, and nothing else', async () => {
    await make('told');
    await asOwner('PATCH', `${projects}/told/config`, { variables: { LOG_LEVEL: 'debug' } });
    await change('told');
    const body = {
      remove: ['environments.staging', 'groups.web-team:developer', 'config.REGION'],
      overwrite: ['config.LOG_LEVEL'],
    };
    const applied = await asOwner('POST', `${projects}/told/blueprint/apply`, body);
    expect(applied.status, JSON.stringify(applied.body)).toBe(200);
    expect(applied.body.kept).toEqual([]);
    expect(await configOf('told')).toEqual(second.config);
    const staging = await asOwner('GET', `${projects}/told/environments/staging`);
    expect(staging.body.state).toBe('deleting');
    const members = (await asOwner('GET', `${projects}/told/members`)).body.items;
    expect(members.map(({ role }: { role: string }) => role)).toEqual(['operator']);
  });

  it('leaves alone what the project changed itself', async () => {
    await make('own');
    await asOwner('PATCH', `${projects}/own/config`, { variables: { LOG_LEVEL: 'debug' } });
    await change('own');
    const { body } = await asOwner('POST', `${projects}/own/blueprint/apply`, { version: 2 });
    expect(pathsOf(body.kept)).toContain('config.LOG_LEVEL');
    expect(await configOf('own')).toMatchObject({ LOG_LEVEL: 'debug', TRACE: 'off' });
  });

  it('is refused with paths that the plan has not, with a stale version, and with one that there is not', async () => {
    await make('no');
    await change('no');
    const at = `${projects}/no/blueprint/apply`;
    const unknown = await asOwner('POST', at, { remove: ['config.REGION', 'config.NOTHING'] });
    expect(unknown.body).toMatchObject({
      code: 'blueprint-change-unknown',
      errors: [{ path: 'body.remove.1' }],
    });
    expect((await asOwner('POST', at, { version: 9 })).body.code).toBe('blueprint-version-not-found');
    expect((await asOwner('POST', at, {}, { 'if-match': '"77"' })).status).toBe(412);
    expect((await asOwner('POST', `${projects}/nothing/blueprint/apply`, {})).status).toBe(404);
    expect((await planOf('no')).body.madeFrom).toBe(1);
    const { version } = (await asOwner('GET', `${projects}/no`)).body;
    expect((await asOwner('POST', at, {}, { 'if-match': `"${version}"` })).status).toBe(200);
  });

  it('leaves nothing done where one part is refused', async () => {
    await make('half');
    await change('half', { ...second, environments: [{ ...production, limits: { pods: 50 } }] });
    const refused = await asOwner('POST', `${projects}/half/blueprint/apply`, {});
    expect(refused.body.code).toBe('quota-above-parent');
    expect(await configOf('half')).toEqual(first.config);
    expect((await asOwner('GET', `${projects}/half`)).body.blueprintVersion).toBe(1);
  });

  it('is applied by nobody who may not do each part of it at its own door', async () => {
    await make('who');
    await asOwner('POST', `${projects}/who/members`, { username: 'lead', role: 'admin' });
    await change('who');
    const at = `${projects}/who/blueprint/apply`;
    expect((await api.call(developer, 'GET', `${projects}/who/blueprint`)).status).toBe(200);
    expect((await api.call(developer, 'POST', at, {})).status).toBe(403);
    const refused = await api.call(lead, 'POST', at, {});
    expect(refused.status).toBe(403);
    expect(refused.body.detail).toContain('quotas:write');
    expect((await planOf('who')).body.madeFrom).toBe(1);
    for (const [method, path] of [
      ['GET', `${projects}/who/blueprint`],
      ['POST', at],
    ] as const)
      expect((await api.call(stranger, method, path, method === 'POST' ? {} : undefined)).status).toBe(404);
    await change('who', { ...first, config: { ...first.config, TRACE: 'on' } });
    expect((await api.call(lead, 'POST', at, {})).body.applied).toMatchObject([{ path: 'config.TRACE' }]);
  });

  it('is none where the blueprint is there no more', async () => {
    await make('gone');
    await asOwner('DELETE', `${blueprints}/gone-plan`);
    await asOwner('POST', blueprints, { name: 'gone-plan', content: second });
    expect((await planOf('gone')).body).toMatchObject({ isGone: true, newest: null, changes: [] });
    expect((await asOwner('POST', `${projects}/gone/blueprint/apply`, {})).body.code).toBe('blueprint-gone');
  });
});
