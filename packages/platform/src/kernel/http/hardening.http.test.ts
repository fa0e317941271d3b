import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/test-api.js';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
  });
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
});
afterAll(() => api?.close());

const nasty = [
  ["' OR 1=1 --", 'SQL'],
  ["'; DROP TABLE tenants; --", 'SQL that deletes'],
  ['1) UNION SELECT passwordHash FROM users --', 'SQL that joins'],
  ['a\r\nX-Injected: 1', 'a header'],
  ['a\u0000b', 'NUL'],
  ['../../etc/passwd', 'a path'],
  ['..%2f..%2fetc%2fpasswd', 'a path in disguise'],
  ['аcme', 'a Cyrillic look-alike'],
  ['ａｃｍｅ', 'full width'],
  ['acme\u200b', 'a width of none'],
  ['acme\u0301', 'a combining mark'],
  ['\u202eemca', 'text turned around'],
  ['__proto__', 'a prototype'],
  ['constructor', 'a constructor'],
  ['{{7*7}}', 'a template'],
  ['x'.repeat(5000), 'too much'],
] as const;

describe('what is no name', () => {
  it.each(nasty)('%j finds nothing in a path, makes nothing in a body, and breaks nothing (%s)', async (text) => {
    const path = encodeURIComponent(text);
    const found = await api.call(api.admin, 'GET', `/tenants/${path}`);
    expect([400, 404, 414]).toContain(found.status);
    const inTenant = await api.call(api.admin, 'GET', `/tenants/acme/projects/${path}`);
    expect([400, 404, 414]).toContain(inTenant.status);
    if (!['constructor'].includes(text)) {
      const made = await api.call(api.admin, 'POST', '/tenants', { name: text });
      expect(made.status).toBe(400);
    }
    for (const query of ['q', 'cursor', 'actor', 'action', 'tenant', 'from']) {
      const listed = await api.call(api.admin, 'GET', `/audit-events?${query}=${path}`);
      expect(listed.status, query).toBeLessThan(500);
      if (listed.status === 200) expect(listed.body.items).toEqual([]);
    }
    expect([...found.headers.keys()]).not.toContain('x-injected');
  });

  it('does not reach the answer by a header', async () => {
    const answer = await api.call(api.admin, 'GET', '/tenants', undefined, { 'x-request-id': 'a b;<script>' });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const status = await new Promise<number>((resolve, reject) => {
      const url = new URL(`${api.url}/api/v1/tenants/x%0d%0aX-Injected:%201`);
      httpRequest(url, { headers: { authorization: `Bearer ${api.admin}` } }, (response) => {
        expect(response.headers['x-injected']).toBeUndefined();
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(404);
  });

  it('is no field of a body: what was not asked for is refused', async () => {
    for (const extra of [
      { isAdmin: true },
      { id: 'x' },
      { tenantId: 'x' },
      JSON.parse('{"__proto__":{"isAdmin":true}}'),
    ]) {
      const body = JSON.stringify({ name: 'mallory', ...extra }).replace('"name"', `${'"__proto__":{"a":1},"name"'}`);
      expect((await api.call(api.admin, 'POST', '/tenants', body)).status).toBe(400);
    }
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined();
  });
});

describe('answers', () => {
  it('tell a browser to run, frame, sniff and keep nothing', async () => {
    const { headers } = await api.call(api.admin, 'GET', '/tenants');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    // Only said where it is true.
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it.each<[number, string, string, unknown?]>([
    [200, 'GET', '/version'],
    [200, 'GET', '/openapi.json'],
    [201, 'POST', '/tenants', { name: 'globex' }],
    [400, 'POST', '/tenants', { nonsense: 1 }],
    [404, 'GET', '/tenants/nobody'],
    [404, 'GET', '/no-such-route'],
    [409, 'POST', '/tenants', { name: 'acme' }],
    [412, 'PATCH', '/tenants/acme', { displayName: 'x' }],
    [204, 'DELETE', '/me/sessions'],
  ])('%i to %s %s hold no script and no frame, and set no cookie', async (status, method, path, body) => {
    const ifMatch = status === 412 ? { 'if-match': '"99"' } : undefined;
    const { status: answered, headers } = await api.call(api.admin, method, path, body, ifMatch);
    expect(answered).toBe(status);
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('to strangers are no different', async () => {
    for (const token of ['', 'slp_pat_nonsense']) {
      const { status, headers } = await api.call(token, 'GET', '/tenants');
      expect(status).toBe(401);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
  });

  it('to a body that is too large are 413', async () => {
    const answer = await api.call(api.admin, 'POST', '/tenants', JSON.stringify({ name: 'x'.repeat(1_200_000) }));
    expect(answer.status).toBe(413);
  });
});
