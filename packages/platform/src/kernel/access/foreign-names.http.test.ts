import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { listNamedFields, untried } from '../../testing/named-fields.js';
import { otherModules as modules } from '../../testing/other-modules.js';
import { createUserWithToken, startTestApi, type TestApi } from '../../testing/test-api.js';
import { isId } from '../ids/ids.js';

/** A field of a body or query that names another thing: how it is asked, and what it may name where the asker is at home. */
interface Field {
  readonly method: string;
  readonly path: string;
  /** The body or, of a GET, the query. `name` is new each time. */
  readonly ask: (value: unknown, name: string) => object;
  /** Another tenant's: by id, by name. */
  readonly foreign: readonly unknown[];
  /** Of the same form, and of nobody. */
  readonly nowhere: unknown;
  readonly own: unknown;
  /** What is asked otherwise by the owner than by anybody is not in the answer. Default: refused. */
  readonly isFilter?: boolean;
}

const marker = '…';
const unknownId = '00000000-0000-7000-8000-000000000001';
const web = '/projects/shop/applications/web';
const mine = '/tenants/beta/projects/mine/applications/web';
const fields: Field[] = [];
let api: TestApi;
let mallory: string;

const fillIn = (fields: object, value: unknown): object =>
  Object.fromEntries(Object.entries(fields).map(([name, given]) => [name, given === marker ? value : given]));

async function make(method: string, path: string, body?: object, token = api.admin) {
  const answer = await api.call(token, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function upload(path: string, token: string): Promise<string> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const tar = execFileSync('tar', ['-czf', '-', '-C', folder, 'policy.ts']);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/gzip' };
  const answer = await fetch(`${api.url}/api/v1${path}/uploads`, {
    method: 'POST',
    headers,
    body: new Uint8Array(tar),
  });
  const body = (await answer.json()) as { id?: string };
  if (!body.id) throw new Error(JSON.stringify(body));
  return body.id;
}

beforeAll(async () => {
  const env = { SLIPWAY_RATE_LIMIT_CLIENT: '1000000', SLIPWAY_RATE_LIMIT_TENANT: '1000000' };
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl'), modules, env });
  mallory = await createUserWithToken(api, 'mallory');
  await createUserWithToken(api, 'bob');
  await make('POST', '/tenants', { name: 'acme' });
  await make('POST', '/tenants', { name: 'beta', owner: 'mallory' });
  const content = { environments: [{ name: 'production', kind: 'production' }] };
  const image = `registry.example.com/web@sha256:${'a'.repeat(64)}`;
  const places = new Map<string, Record<string, string>>();
  for (const [tenant, project, word] of [
    ['acme', 'shop', 'hidden'],
    ['beta', 'mine', 'known'],
  ] as const) {
    const at = `/tenants/${tenant}`;
    const { id: projectId } = await make('POST', `${at}/projects`, { name: project });
    const environment = await make('POST', `${at}/projects/${project}/environments`, { name: word, kind: 'staging' });
    const application = await make('POST', `${at}/projects/${project}/applications`, {
      name: 'web',
      source: { type: 'archive' },
    });
    const role = await make('POST', `${at}/roles`, { name: `${word}-role`, permissions: ['tenants:read'] });
    const blueprint = await make('POST', `${at}/blueprints`, { name: `${word}-plan`, content });
    const policy = await make('POST', `${at}/image-policies`, { name: `${word}-gate`, requireDigest: true });
    await make('POST', `${at}/projects/${project}/applications/web/releases`, { image });
    places.set(tenant, {
      project: projectId,
      environment: environment.id,
      application: application.id,
      role: role.id,
      blueprint: blueprint.id,
      policy: policy.id,
      upload: await upload(`${at}/projects/${project}/applications/web`, api.admin),
    });
  }
  await make('POST', '/tenants/acme/projects/shop/applications', { name: 'api', source: { type: 'archive' } });
  // Of theirs there is a second release, and of ours none.
  await make('POST', `/tenants/acme${web}/releases`, { image });
  await make('POST', `/tenants/acme${web}/releases`, { image: image.replace(/a{64}/, 'b'.repeat(64)) });
  const [acme, beta] = [places.get('acme') ?? {}, places.get('beta') ?? {}];

  const add = (method: string, path: string, ask: Field['ask'], rest: Pick<Field, 'foreign' | 'nowhere' | 'own'>) =>
    fields.push({ method, path, ask, ...rest });
  const of = (thing: string, foreignName: string, ownName: string) => ({
    foreign: [acme[thing], foreignName],
    nowhere: 'nothing-there',
    own: ownName,
  });
  const [roles, environments] = [of('role', 'hidden-role', 'known-role'), of('environment', 'hidden', 'known')];
  const projects = of('project', 'shop', 'mine');
  const beginsAt = new Date(Date.now() + 86_400_000).toISOString();
  const endsAt = new Date(Date.now() + 2 * 86_400_000).toISOString();
  add(
    'POST',
    '/tenants/beta/projects',
    (blueprint, name) => ({ name, blueprint }),
    of('blueprint', 'hidden-plan', 'known-plan'),
  );
  add(
    'POST',
    '/tenants/beta/invitations',
    (project, name) => ({ email: `${name}@example.com`, role: 'viewer', project }),
    projects,
  );
  add('POST', '/tenants/beta/members', (role) => ({ username: 'bob', role }), roles);
  add('POST', '/tenants/beta/projects/mine/members', (role) => ({ username: 'bob', role }), {
    ...roles,
    own: 'viewer',
  });
  // Names of one's own, that there may be one day.
  fields.push({
    method: 'POST',
    path: '/tenants/beta/freezes',
    ask: (project, name) => ({ name, reason: 'Quiet.', startsAt: beginsAt, endsAt, projects: [project] }),
    ...projects,
    foreign: ['shop'],
    isFilter: true,
  });
  add('PUT', '/tenants/beta/quota/tree', (project) => ({ scopes: [{ project, limits: { pods: 5 } }] }), projects);
  add(
    'PUT',
    '/tenants/beta/quota/tree',
    (environment) => ({ scopes: [{ project: 'mine', environment, limits: { pods: 3 } }] }),
    environments,
  );
  add(
    'POST',
    '/tenants/beta/image-policies/dry-runs',
    (policy) => ({ requireDigest: true, policy }),
    of('policy', 'hidden-gate', 'known-gate'),
  );
  add('POST', `${mine}/builds`, (id) => ({ source: { type: 'upload', upload: id } }), {
    foreign: [acme['upload']],
    nowhere: unknownId,
    own: beta['upload'],
  });
  add('POST', `${mine}/builds`, (environment) => ({ deploy: { environment } }), environments);
  add('POST', `${mine}/rollouts`, (environment) => ({ environment, release: 1 }), environments);
  add('POST', `${mine}/rollouts`, (release) => ({ environment: 'known', release }), {
    foreign: [2],
    nowhere: 999,
    own: 1,
  });
  add('POST', `${mine}/rollback`, (environment) => ({ environment }), { ...environments, own: undefined });
  const trains = '/tenants/beta/projects/mine/trains';
  const train = (more: object, car: object) => (value: unknown, name: string) => ({
    name,
    environment: 'known',
    ...fillIn(more, value),
    cars: [fillIn({ application: 'web', ...car }, value)],
  });
  add('POST', trains, train({ environment: marker }, { release: 1 }), { ...environments, own: undefined });
  add('POST', trains, train({}, { application: marker, release: 1 }), {
    foreign: ['api'],
    nowhere: 'nothing-there',
    own: undefined,
  });
  add('POST', trains, train({}, { fromEnvironment: marker }), { ...environments, own: undefined });
  add('POST', trains, train({}, { release: marker }), { foreign: [2], nowhere: 999, own: undefined });
  add('PATCH', '/tenants/beta/members/bob', (role) => ({ role }), { ...roles, own: 'viewer' });
  add('PATCH', '/tenants/beta/projects/mine/members/bob', (role) => ({ role }), { ...roles, own: 'operator' });
  for (const [path, rest] of [
    ['audit-rules', { severity: 'info' }],
    ['audit-streams', { target: { type: 'webhook', url: 'https://example.com/' } }],
  ] as const)
    fields.push({
      method: 'POST',
      path: `/tenants/beta/${path}`,
      ask: (tenant, name) => ({ ...rest, name, filter: { tenant } }),
      foreign: ['acme'],
      nowhere: 'nothing-there',
      own: undefined,
      isFilter: true,
    });
  fields.push({
    method: 'GET',
    path: trains,
    ask: (environment) => ({ environment }),
    ...environments,
    isFilter: true,
  });
  add('POST', `${mine}/environments/known/plan`, (release) => ({ release }), { foreign: [2], nowhere: 999, own: 1 });
  add('POST', `${mine}/environments/production/promotions`, (from) => ({ from }), { ...environments, own: undefined });
  add('GET', `${mine}/environments/production/promotions/plan`, (from) => ({ from }), {
    ...environments,
    own: undefined,
  });
  add('GET', `${mine}/releases/1/diff`, (other) => ({ with: other }), { foreign: [2], nowhere: 999, own: 1 });
  add('POST', '/me/tokens', (tenant, name) => ({ name, tenant }), {
    foreign: ['acme'],
    nowhere: 'nothing-there',
    own: 'beta',
  });
  add('POST', '/me/kube-tokens', (tenant) => ({ tenant }), {
    foreign: ['acme'],
    nowhere: 'nothing-there',
    own: 'beta',
  });
  add('GET', '/access/explain', (tenant) => ({ permission: 'projects:read', tenant }), {
    foreign: ['acme'],
    nowhere: 'nothing-there',
    own: 'beta',
  });
  add('GET', '/access/explain', (project) => ({ permission: 'projects:read', tenant: 'beta', project }), projects);
  for (const path of ['/operations', '/requests'])
    fields.push({
      method: 'GET',
      path,
      ask: (tenant) => ({ tenant }),
      foreign: ['acme'],
      nowhere: 'nothing-there',
      own: 'beta',
      isFilter: true,
    });
  fields.push({
    method: 'GET',
    path: `${mine}/rollouts`,
    ask: (environment) => ({ environment }),
    ...environments,
    isFilter: true,
  });
  fields.push({
    method: 'GET',
    path: '/tenants/beta/kubeconfig',
    ask: (project) => ({ project }),
    ...projects,
    isFilter: true,
  });
}, 180_000);
afterAll(() => api?.close());

/** The route that a path is of: `/tenants/beta` is `/tenants/:tenant`. The one with the fewest parameters. */
function routeOf({ method, path }: Field): string {
  const parts = path.split('/');
  const isOf = (pattern: string) => {
    const other = pattern.split('/');
    return other.length === parts.length && other.every((part, at) => part.startsWith(':') || part === parts[at]);
  };
  const found = api.routes.map(({ route }) => route).filter((route) => route.method === method && isOf(route.path));
  const [best] = found.sort((one, other) => one.path.split(':').length - other.path.split(':').length);
  return `${method} ${best?.path ?? path}`;
}

/** Where in what is asked the name stands: `cars.application`. */
function placesOf(value: unknown, path: readonly string[] = []): string[] {
  if (value === marker) return [path.join('.')];
  if (Array.isArray(value)) return value.flatMap((item) => placesOf(item, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => placesOf(item, [...path, name]));
}

it('every field of a route that names another thing is asked here, or says why not', () => {
  const tried = new Set(
    fields.flatMap((field) => placesOf(field.ask(marker, 'x')).map((place) => `${routeOf(field)} ${place}`)),
  );
  const named = listNamedFields();
  expect(named.length).toBeGreaterThan(80);
  expect(named.filter((field) => !tried.has(field) && !(field in untried))).toEqual([]);
  // What is asked needs no reason.
  expect(Object.keys(untried).filter((field) => tried.has(field))).toEqual([]);
});

let count = 0;
async function send({ method, path, ask }: Field, value: unknown) {
  const body = ask(value, `thing-${++count}`);
  if (method !== 'GET') return api.call(mallory, method, path, body);
  const query = new URLSearchParams(Object.entries(body).map(([key, text]): [string, string] => [key, String(text)]));
  return api.call(mallory, method, `${path}?${query}`);
}

/** An answer, without what is told apart by the question alone. */
function plain({ status, body }: { status: number; body: unknown }, value: unknown): string {
  const text = JSON.stringify(body).replace(new RegExp(`(?<!\\w)${value}(?!\\w)`, 'g'), '*');
  return `${status} ${text.replace(/"(requestId|id|createdAt|updatedAt)":"[^"]*"/g, '').replace(/thing-\d+/g, '')}`;
}

it('what a body or a query names of another tenant’s is answered word for word as what is not there', async () => {
  const world = async () => {
    const paths = [
      'projects',
      'members',
      'roles',
      'blueprints',
      'freezes',
      'image-policies',
      'quota',
      `${web.slice(1)}/builds`,
      `${web.slice(1)}/rollouts`,
      'projects/shop/trains',
      'audit-rules',
    ];
    const answers = await Promise.all(paths.map((path) => api.call(api.admin, 'GET', `/tenants/acme/${path}`)));
    return answers.map(({ body }) => JSON.stringify(body.items ?? body.limits ?? body));
  };
  const before = await world();
  const wrong: string[] = [];
  for (const field of fields) {
    const what = `${field.method} ${field.path} ${JSON.stringify(field.ask(marker, 'x'))}`;
    for (const value of field.foreign) {
      const nobodys = isId(String(value)) ? unknownId : field.nowhere;
      const [answer, nowhere] = [await send(field, value), await send(field, nobodys)];
      if (!field.isFilter && nowhere.status < 400) wrong.push(`${what}: takes what is not there`);
      const [got, expected] = [plain(answer, value), plain(nowhere, nobodys)];
      if (got !== expected) wrong.push(`${what} with ${value}: ${got}, not ${expected}`);
    }
    // Otherwise the question would be refused for another reason, and prove nothing.
    if (field.own === undefined) continue;
    const own = await send(field, field.own);
    if (own.status >= 400) wrong.push(`${what}: refuses its own: ${JSON.stringify(own.body)}`);
  }
  expect(wrong).toEqual([]);
  expect(fields.length).toBeGreaterThan(20);
  expect(await world()).toEqual(before);
}, 120_000);
