import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/test-api.js';

let api: TestApi;
let owner: string;

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    env: { SLIPWAY_RATE_LIMIT_TENANT: '100', SLIPWAY_RATE_LIMIT_CLIENT: '240' },
  });
  owner = await api.createUser('olga');
  await api.createUser('paul');
  for (const name of ['acme', 'globex']) await api.call(api.admin, 'POST', '/tenants', { name, owner: 'olga' });
});
afterAll(() => api?.close());

describe('rate limits', () => {
  it('stop a tenant that floods, and no other', async () => {
    const flood = await Promise.all(Array.from({ length: 90 }, () => api.call(owner, 'GET', '/tenants/acme')));
    const refused = flood.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(3);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused[0]?.body.code).toBe('too-many-requests');
    expect(flood[0]?.headers.get('ratelimit-policy')).toBe('"client";q=240;w=60, "tenant";q=100;w=60');
    expect(flood[0]?.headers.get('ratelimit')).toMatch(/^"client";r=\d+;t=\d+, "tenant";r=\d+;t=\d+$/);
    expect((await api.call(api.admin, 'GET', '/tenants/globex')).status).toBe(200);
  });

  it('count a personal token for itself', async () => {
    const paul = await api.login('paul');
    const token = (await api.call(paul, 'POST', '/me/tokens', { name: 'ci' })).body.token;
    const flood = await Promise.all(Array.from({ length: 110 }, () => api.call(token, 'GET', '/me')));
    expect(flood.filter((answer) => answer.status === 429).length).toBeGreaterThan(3);
    expect((await api.call(paul, 'GET', '/me')).status).toBe(200);
  });
});
