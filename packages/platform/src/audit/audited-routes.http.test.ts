import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { unaudited } from '../testing/audited-routes.js';
import { otherModules as modules } from '../testing/other-modules.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';

/**
 * `startTestApi` looks at the audit log for each change that any test of any feature makes. Here are the ones that no other test
 * makes, and that the list of exceptions holds nothing which is gone.
 */
let api: TestApi;

const shop = '/tenants/acme/projects/shop';
const web = `${shop}/applications/web`;
const production = `${web}/environments/production`;
const blueprint = { name: 'plain', content: { environments: [{ name: 'production', kind: 'production' }] } };
const freeze = { name: 'holidays', reason: 'Nobody is here.', cron: '0 0 24 12 *', durationSeconds: 86_400 };
const hook = { name: 'siem', target: { type: 'webhook', url: 'https://203.0.113.1/' } };
const policy = { name: 'quorum', kind: 'access', approvalsNeeded: 2 };
const steps: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['PATCH', shop, { displayName: 'The shop' }],
  ...['', '/tenants/acme'].flatMap(
    (owner) =>
      [
        ['POST', `${owner}/blueprints`, blueprint],
        ['PATCH', `${owner}/blueprints/plain`, { displayName: 'Plain' }],
        ['DELETE', `${owner}/blueprints/plain`],
        ['POST', `${owner}/freezes`, freeze],
        ['PATCH', `${owner}/freezes/holidays`, { reason: 'All are away.' }],
        ['DELETE', `${owner}/freezes/holidays`],
        ['POST', `${owner}/roles`, { name: 'looker', permissions: ['projects:read'] }],
        ['PATCH', `${owner}/roles/looker`, { displayName: 'Looks' }],
        ['DELETE', `${owner}/roles/looker`],
        ['POST', `${owner}/audit-rules`, { name: 'all' }],
        ['PATCH', `${owner}/audit-rules/all`, { isEnabled: false }],
        ['DELETE', `${owner}/audit-rules/all`],
        ['POST', `${owner}/audit-streams`, hook],
        ['PATCH', `${owner}/audit-streams/siem`, { isEnabled: false }],
        ['DELETE', `${owner}/audit-streams/siem`],
        ['POST', `${owner}/approval-policies`, policy],
        ['PATCH', `${owner}/approval-policies/quorum`, { approvalsNeeded: 1 }],
        ['DELETE', `${owner}/approval-policies/quorum`],
        ['POST', `${owner}/image-policies`, { name: 'digests', requireDigest: true }],
        ['PATCH', `${owner}/image-policies/digests`, { registries: ['registry.example.org/'] }],
        ['DELETE', `${owner}/image-policies/digests`],
        ['POST', `${owner}/audit-exports`, {}],
      ] as const,
  ),
  ['POST', '/tenants/acme/robots', { name: 'ci', scopes: ['projects:read'] }],
  ['PATCH', '/tenants/acme/robots/ci', { description: 'Builds.' }],
  ['POST', '/tenants/acme/robots/ci/rotate', {}],
  ['DELETE', '/tenants/acme/robots/ci'],
  ['PUT', `${shop}/environments/production/quota`, { limits: { pods: '5' } }],
  ['POST', `${shop}/applications`, { name: 'web', source: { type: 'image', image: 'web' } }],
  ['PATCH', web, { displayName: 'Web' }],
  ['PATCH', `${production}/config`, { secrets: { KEY: { value: 'x', revealable: true } } }],
  ['POST', `${production}/config/secrets/KEY/reveal`, {}],
  ['POST', `${production}/domains`, { hostname: 'shop.example.org' }],
  ['POST', `${production}/domains`, { hostname: 'shop.example.dev' }],
  ['POST', `${production}/domains/shop.example.dev/verify`, { confirm: { reason: 'It is ours.' } }],
  ['PUT', `${production}/domains/shop.example.org/certificate`, { secret: 'shop-tls' }],
  ['DELETE', `${production}/domains/shop.example.org/certificate`],
  ['DELETE', `${production}/domains/shop.example.org`],
  ['DELETE', web],
  ['POST', '/encryption-keys/rewrap', {}],
];

beforeAll(async () => {
  const services = { databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') };
  const env = { SLIPWAY_RATE_LIMIT_CLIENT: '1000000', SLIPWAY_OUTGOING_ALLOW: '203.0.113.0/24' };
  api = await startTestApi({ ...services, modules, env });
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
});
afterAll(() => api?.close());

describe('a change', () => {
  it('leaves a row in the audit log, under the id of its request', async () => {
    const silent: string[] = [];
    for (const [method, path, body] of steps) {
      const { status, headers, body: answer } = await api.call(api.admin, method, path, body);
      if (status > 299) silent.push(`${method} ${path}: ${JSON.stringify(answer)}`);
      const { items } = (await api.call(api.admin, 'GET', '/audit-events?limit=20')).body;
      const found = items.find((item: { requestId: string }) => item.requestId === headers.get('x-request-id'));
      if (!found) silent.push(`${method} ${path}`);
    }
    expect(silent).toEqual([]);
  });

  it('without a row is on the list, which names no route that is gone', () => {
    const routes = api.routes.map(({ route }) => `${route.method} ${route.path}`);
    expect(Object.keys(unaudited).filter((route) => !routes.includes(route))).toEqual([]);
  });
});
