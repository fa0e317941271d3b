import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/test-api.js';
import { permissionsOfRole, roles } from './permissions.js';

let api: TestApi;
let stranger: string;
const members = new Map<string, string>();
const fill = (path: string) => path.replace(':tenant', 'acme').replace(':project', 'shop').replace(/:\w+/g, 'nothing');

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  stranger = await api.createUser('stranger');
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
  for (const role of roles) {
    members.set(role, await api.createUser(`the-${role}`));
    await api.call(api.admin, 'POST', '/tenants/acme/members', { username: `the-${role}`, role });
  }
});
afterAll(() => api?.close());

describe('every route', () => {
  it('declares a permission, or that it is public', () => {
    expect(api.routes.length).toBeGreaterThan(30);
    const open = api.routes.filter(({ route }) => route.permission === 'public').map(({ route }) => route.path);
    expect(open.sort()).toEqual(['/audit/keys', '/openapi.json', '/version']);
  });

  it('answers 401 without a bearer and with a bad one', async () => {
    for (const { route } of api.routes.filter((entry) => entry.route.permission !== 'public')) {
      for (const token of [undefined, 'a.b.c', 'slp_pat_nothing', 'x']) {
        const answer = await api.call(token, route.method, fill(route.path));
        expect(answer.status, `${route.method} ${route.path}`).toBe(401);
        expect(answer.body.code).toBe('unauthenticated');
      }
    }
  });

  it('of a tenant answers 404 to a stranger, word for word as for a tenant that is not', async () => {
    const ofTenants = api.routes.filter(({ route }) => route.path.includes(':tenant'));
    expect(ofTenants.length).toBeGreaterThan(10);
    for (const { route } of ofTenants) {
      const answer = await api.call(stranger, route.method, fill(route.path), route.body ? {} : undefined);
      expect(answer.status, `${route.method} ${route.path}`).toBe(404);
      const nowhere = await api.call(stranger, route.method, fill(route.path.replace(':tenant', 'nowhere')));
      expect({ ...answer.body, requestId: '' }).toEqual({ ...nowhere.body, requestId: '' });
    }
  });

  it('of a tenant answers 403 to a member whose role lacks the permission, and to nobody else', async () => {
    const ofTenants = api.routes.filter(({ route }) => route.path.includes(':tenant') && !route.produces);
    for (const { route } of ofTenants) {
      for (const role of roles) {
        const allowed = [...permissionsOfRole[role]].some((permission) => permission === route.permission);
        // A query that no route takes: whoever is let in is told so, and nothing is changed.
        const answer = await api.call(members.get(role), route.method, `${fill(route.path)}?refused=1`);
        const why = `${role}: ${route.method} ${route.path}`;
        if (allowed) expect(answer.status, why).toBe(400);
        else expect(answer.body.code, why).toBe('forbidden');
      }
    }
  });

  it('of the platform answers 403 to everybody but administrators', async () => {
    const ofPlatform = api.routes.filter(
      ({ route }) => !route.path.includes(':tenant') && !['public', 'signed-in'].includes(route.permission),
    );
    for (const { route } of ofPlatform) {
      const answer = await api.call(members.get('owner'), route.method, fill(route.path), route.body ? {} : undefined);
      expect(answer.status, `${route.method} ${route.path}`).toBe(403);
    }
  });
});

describe('another tenant’s things by their ids', () => {
  it('are not found', async () => {
    await api.call(api.admin, 'POST', '/tenants', { name: 'beta', owner: 'stranger' });
    const { body } = await api.call(api.admin, 'GET', '/tenants/acme/projects/shop');
    for (const path of [`/tenants/beta/projects/${body.id}`, `/tenants/beta/projects/${body.id}/environments`]) {
      expect((await api.call(stranger, 'GET', path)).status).toBe(404);
    }
    const operations = await api.call(api.admin, 'GET', '/operations?tenant=acme');
    expect((await api.call(stranger, 'GET', `/operations/${operations.body.items[0].id}`)).status).toBe(404);
    expect((await api.call(stranger, 'GET', '/operations')).body.items).toEqual([]);
  });
});
