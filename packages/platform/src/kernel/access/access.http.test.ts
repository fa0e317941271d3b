import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { otherModules as modules } from '../../testing/other-modules.js';
import { createUserWithToken, startTestApi, type TestApi } from '../../testing/test-api.js';
import type { RouteOptions } from '../http/route.js';
import {
  allPermissions,
  levelOf,
  type Permission,
  permissionsOfPlatformRole,
  permissionsOfRole,
  permissionsOfRoleOnProject,
  platformRoles,
  roles,
} from './permissions.js';

/** Somebody, with what the tables say that he holds: on the platform, in the whole of acme, in its project shop alone. */
interface Somebody {
  readonly name: string;
  readonly token: string;
  readonly onPlatform: ReadonlySet<Permission>;
  readonly inTenant: ReadonlySet<Permission>;
  readonly inShop: ReadonlySet<Permission>;
}

const nothing: ReadonlySet<Permission> = new Set();
const customPermissions: Permission[] = ['tenants:read', 'pods:exec', 'audit:read', 'quotas:write', 'projects:read'];
const robotScopes: Permission[] = ['tenants:read', 'projects:read', 'builds:write', 'repositories:read'];
const everybody: Somebody[] = [];
let api: TestApi;
let stranger: string;

const fill = (path: string, project = 'shop') =>
  path.replace(':tenant', 'acme').replace(':project', project).replace(/:\w+/g, 'nothing');
const isOfTenant = ({ path }: RouteOptions) => path.includes(':tenant');
const routes = () => api.routes.map(({ route }) => route);

/** Sixteen at a time: most of a request is waiting for PostgreSQL. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const run = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, run));
}

async function invite(name: string, path: string, role: string, held: Partial<Somebody>): Promise<void> {
  const token = await createUserWithToken(api, name);
  const { status, body } = await api.call(api.admin, 'POST', path, { username: name, role });
  if (status !== 201) throw new Error(`${name} was not let in: ${JSON.stringify(body)}`);
  everybody.push({ name, token, onPlatform: nothing, inTenant: nothing, inShop: nothing, ...held });
}

async function makeRobot(name: string, path: string, held: Partial<Somebody>): Promise<void> {
  const { status, body } = await api.call(api.admin, 'POST', `${path}/robots`, { name, scopes: robotScopes });
  if (status !== 201) throw new Error(`${name} was not made: ${JSON.stringify(body)}`);
  everybody.push({ name, token: body.token, onPlatform: nothing, inTenant: nothing, inShop: nothing, ...held });
}

beforeAll(async () => {
  const services = { databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') };
  // Whoever tries all routes at once would be held back.
  const env = { SLIPWAY_RATE_LIMIT_CLIENT: '1000000', SLIPWAY_RATE_LIMIT_TENANT: '1000000' };
  api = await startTestApi({ ...services, modules, env });
  stranger = await createUserWithToken(api, 'stranger');
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(api.admin, 'POST', '/tenants', { name: 'beta', owner: 'stranger' });
  for (const name of ['shop', 'office']) await api.call(api.admin, 'POST', '/tenants/acme/projects', { name });
  await api.call(api.admin, 'POST', '/tenants/acme/roles', { name: 'inspector', permissions: customPermissions });
  await api.call(api.admin, 'POST', '/roles', { name: 'registrar', permissions: ['users:read', 'roles:read'] });
  const [tenant, shop] = ['/tenants/acme/members', '/tenants/acme/projects/shop/members'];
  for (const role of roles) {
    await invite(`the-${role}`, tenant, role, { inTenant: permissionsOfRole[role] });
    await invite(`shop-${role}`, shop, role, { inShop: permissionsOfRoleOnProject[role] });
  }
  await invite('inspector', tenant, 'inspector', { inTenant: new Set(customPermissions) });
  const inShop = new Set(customPermissions.filter((permission) => levelOf(permission) === 'project'));
  await invite('shop-inspector', shop, 'inspector', { inShop });
  for (const role of platformRoles) {
    await invite(`platform-${role}`, '/platform-members', role, {
      onPlatform: permissionsOfPlatformRole[role],
      inTenant: permissionsOfPlatformRole[role],
    });
  }
  const registrar = new Set<Permission>(['users:read', 'roles:read']);
  await invite('registrar', '/platform-members', 'registrar', { onPlatform: registrar, inTenant: registrar });
  await makeRobot('of-acme', '/tenants/acme', { inTenant: new Set(robotScopes) });
  await makeRobot('of-shop', '/tenants/acme/projects/shop', {
    inShop: new Set(robotScopes.filter((permission) => levelOf(permission) === 'project')),
  });
  everybody.push({ name: 'stranger', token: stranger, onPlatform: nothing, inTenant: nothing, inShop: nothing });
}, 180_000);
afterAll(() => api?.close());

/** What the declared permission of a route means for somebody, told from the tables alone. */
function expectedOf({ onPlatform, inTenant, inShop }: Somebody, route: RouteOptions): 'in' | 'forbidden' | 'not-found' {
  const { permission, path } = route;
  if (permission === 'public') return 'in';
  if (!isOfTenant(route)) return permission === 'signed-in' || onPlatform.has(permission) ? 'in' : 'forbidden';
  if (inTenant.size === 0 && inShop.size === 0) return 'not-found';
  if (permission === 'signed-in' || inTenant.has(permission)) return 'in';
  if (inShop.has(permission) && (path.includes(':project') || route.narrows)) return 'in';
  return 'forbidden';
}

describe('every route', () => {
  it('is among those that are looked at here', () => {
    const file = new URL('../../../../sdk/openapi.json', import.meta.url);
    const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, Record<string, unknown>> };
    const published = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
        .map((method) => `${method.toUpperCase()} ${path.replace('/api/v1', '').replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const here = routes().map(({ method, path }) => `${method} ${path}`);
    expect(here.sort()).toEqual(published.sort());
  });

  it('declares a permission, or that it is public', () => {
    expect(api.routes.length).toBeGreaterThan(90);
    const open = routes().filter(({ permission }) => permission === 'public');
    expect(open.map(({ path }) => path).sort()).toEqual(['/audit/keys', '/openapi.json', '/version']);
    const unknown = routes().filter(
      ({ permission }) => permission !== 'public' && permission !== 'signed-in' && !allPermissions.includes(permission),
    );
    expect(unknown).toEqual([]);
  });

  it('answers 401 without a bearer and with a bad one', async () => {
    const closed = routes().filter(({ permission }) => permission !== 'public');
    await forEach(closed, async (route) => {
      for (const token of [undefined, 'a.b.c']) {
        const answer = await api.call(token, route.method, fill(route.path));
        expect(answer.status, `${route.method} ${route.path}`).toBe(401);
        expect(answer.body.code).toBe('unauthenticated');
      }
    });
    for (const token of ['slp_pat_nothing', 'slp_robot_nothing', 'x', 'a.b', 'e30.e30.']) {
      expect((await api.call(token, 'GET', '/tenants')).status, token).toBe(401);
    }
  }, 240_000);

  it('of a tenant answers 404 to a stranger, word for word as for a tenant that is not', async () => {
    await forEach(routes().filter(isOfTenant), async (route) => {
      const answer = await api.call(stranger, route.method, fill(route.path), route.body ? {} : undefined);
      expect(answer.status, `${route.method} ${route.path}`).toBe(404);
      const nowhere = await api.call(stranger, route.method, fill(route.path.replace(':tenant', 'nowhere')));
      expect({ ...answer.body, requestId: '' }).toEqual({ ...nowhere.body, requestId: '' });
    });
  }, 240_000);

  it('lets in whom its permission says, and nobody else: every role, built-in and custom, in tenant and project', async () => {
    const wrong: string[] = [];
    // A route that answers a stream does not look at its query, and would go on for ever.
    const asked = routes().filter(({ produces }) => !produces);
    await forEach(
      asked.flatMap((route) => everybody.map((somebody) => ({ route, somebody }))),
      async ({ route, somebody }) => {
        const expected = expectedOf(somebody, route);
        // A query that no route takes: whoever is let in is told so, and nothing is changed.
        const { status, body } = await api.call(somebody.token, route.method, `${fill(route.path)}?refused=1`);
        const got = status === 400 || (route.permission === 'public' && status < 400) ? 'in' : body.code;
        if (got !== expected) wrong.push(`${somebody.name}: ${route.method} ${route.path}: ${got} not ${expected}`);
      },
    );
    expect(wrong).toEqual([]);
  }, 240_000);

  it('answers 403 where it streams, too', async () => {
    for (const route of routes().filter(({ produces }) => produces)) {
      for (const somebody of everybody.filter((one) => expectedOf(one, route) === 'forbidden')) {
        const answer = await api.call(somebody.token, route.method, fill(route.path), route.consumes ? '' : undefined);
        expect(answer.body.code, `${somebody.name}: ${route.method} ${route.path}`).toBe('forbidden');
      }
    }
  });

  it('of a project is 404 to those who have a role in another one only', async () => {
    const inShopOnly = everybody.filter(({ inShop }) => inShop.size > 0);
    await forEach(
      routes().filter(({ path }) => path.includes(':project')),
      async (route) => {
        for (const { token, name } of inShopOnly) {
          const answer = await api.call(token, route.method, fill(route.path, 'office'));
          expect(answer.body.code, `${name}: ${route.method} ${route.path}`).toBe('not-found');
        }
      },
    );
  }, 240_000);
});

describe('another tenant’s things by their ids', () => {
  it('are not found, on every route that names one', async () => {
    const idOf = async (path: string) => (await api.call(api.admin, 'GET', path)).body;
    const [first] = (await idOf('/tenants/acme/members')).items;
    const foreign = [
      (await idOf('/tenants/acme/projects/shop')).id,
      (await idOf('/tenants/acme/projects/shop/environments/production')).id,
      (await idOf('/tenants/acme/roles/inspector')).id,
      (await idOf('/operations?tenant=acme')).items[0].id,
      first.id,
    ];
    expect(foreign.every((id) => typeof id === 'string')).toBe(true);
    await api.call(stranger, 'POST', '/tenants/beta/projects', { name: 'mine' });
    // The owner of beta asks his own tenant for what is acme's: project, environment, role, member, operation.
    const named = routes().filter(({ path }) => /:tenant.*:/.test(path));
    expect(named.length).toBeGreaterThan(30);
    await forEach(named, async (route) => {
      for (const id of foreign) {
        const own = route.path.replace(':tenant', 'beta');
        const paths = [own.replace(':project/', 'mine/'), own].map((path) => path.replace(/:\w+/g, id));
        for (const path of new Set(paths.filter((one) => one.includes(id)))) {
          const answer = await api.call(stranger, route.method, path, route.body ? {} : undefined);
          // What is asked with a body or a query may be refused for that first.
          const refusals = route.body || route.query || route.consumes ? [400, 404, 415, 422] : [404];
          expect(refusals, `${route.method} ${path}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
        }
      }
    });
    expect((await idOf('/tenants/acme/projects')).items).toHaveLength(2);
    expect((await idOf('/tenants/acme/roles/inspector')).bindingCount).toBe(2);
  }, 240_000);

  it('are in no list', async () => {
    const operations = await api.call(api.admin, 'GET', '/operations?tenant=acme');
    expect((await api.call(stranger, 'GET', `/operations/${operations.body.items[0].id}`)).status).toBe(404);
    const seen = (await api.call(stranger, 'GET', '/operations')).body.items;
    expect(seen.filter(({ subject }: { subject: string }) => !subject.startsWith('tenants/beta'))).toEqual([]);
  });
});
