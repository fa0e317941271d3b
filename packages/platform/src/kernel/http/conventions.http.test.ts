import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/test-api.js';

let api: TestApi;
const post = (path: string, body: unknown, headers?: Record<string, string>) =>
  api.call(api.admin, 'POST', path, body, headers);

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  await post('/tenants', { name: 'acme' });
});
afterAll(() => api?.close());

describe('problems', () => {
  it.each([
    ['POST', '/tenants', '{"name":', 400, 'malformed-body'],
    ['POST', '/tenants', { name: 'A b' }, 400, 'malformed-request'],
    ['POST', '/tenants', { name: 'ok', unknown: 1 }, 400, 'malformed-request'],
    ['POST', '/tenants', [], 400, 'malformed-request'],
    ['POST', '/tenants', 'null', 400, 'malformed-body'],
    ['POST', '/tenants', { name: 'acme' }, 409, 'tenant-name-taken'],
    ['POST', '/tenants', { name: 'kube-x' }, 422, 'tenant-name-reserved'],
    ['GET', '/tenants?limit=0', undefined, 400, 'malformed-request'],
    ['GET', '/tenants?cursor=nonsense', undefined, 400, 'malformed-request'],
    ['GET', '/tenants?nonsense=1', undefined, 400, 'malformed-request'],
    ['GET', '/tenants/%E0%A4%A', undefined, 400, 'malformed-body'],
    ['GET', '/tenants/a%00b', undefined, 400, 'malformed-request'],
    ['POST', '/tenants', { name: 'nul', displayName: 'a\u0000b' }, 400, 'malformed-request'],
    ['GET', '/nothing', undefined, 404, 'route-not-found'],
  ])('%s %s → %s', async (method, path, body, status, code) => {
    const answer = await api.call(api.admin, method, path, body);
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
    expect(answer.body.remedy).toBeTruthy();
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|\.js:|prisma/i);
  });

  it('name the fields that are wrong', async () => {
    const { body } = await post('/tenants', { name: 'x' });
    expect(body.errors).toEqual([expect.objectContaining({ path: 'body.name', code: 'too-small' })]);
  });

  it('refuse a body of another type and one that is too large', async () => {
    const text = await post('/tenants', 'name=acme', { 'content-type': 'text/plain' });
    expect(text.body.code).toBe('unsupported-media-type');
    const large = await post('/tenants', { name: 'x'.repeat(2_000_000) });
    expect(large.body.code).toBe('body-too-large');
  });
});

describe('Idempotency-Key', () => {
  it('gives the same answer again, and nothing happens twice', async () => {
    const key = { 'idempotency-key': 'first' };
    const first = await post('/tenants', { name: 'once' }, key);
    const again = await post('/tenants', { name: 'once' }, key);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
  });

  it('belongs to one body', async () => {
    const key = { 'idempotency-key': 'second' };
    await post('/tenants', { name: 'two-a' }, key);
    expect((await post('/tenants', { name: 'two-b' }, key)).body.code).toBe('idempotency-key-reused');
  });

  it('holds among simultaneous requests', async () => {
    const key = { 'idempotency-key': 'third' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('/tenants', { name: 'three' }, key)));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThan(0);
    expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
    const conflicts = answers.filter((answer) => answer.status === 409).map((answer) => answer.body.code);
    expect(new Set(conflicts).size === 0 || conflicts.every((code) => code === 'idempotency-key-in-use')).toBe(true);
  });

  it('also keeps refusals', async () => {
    const key = { 'idempotency-key': 'fourth' };
    const first = await post('/tenants', { name: 'acme' }, key);
    const again = await post('/tenants', { name: 'acme' }, key);
    expect(again.body).toEqual(first.body);
  });
});

describe('If-Match', () => {
  it('refuses a change of what has changed since', async () => {
    const read = await api.call(api.admin, 'GET', '/tenants/acme');
    const match = { 'if-match': read.headers.get('etag') ?? '' };
    const patch = (displayName: string) => api.call(api.admin, 'PATCH', '/tenants/acme', { displayName }, match);
    expect((await patch('Acme Inc.')).status).toBe(200);
    expect((await patch('Acme Ltd.')).body.code).toBe('version-stale');
  });
});

describe('lists', () => {
  it('page without gaps or repetitions while rows come and go', async () => {
    for (let i = 0; i < 12; i++) await post('/tenants/acme/projects', { name: `p-${String(i).padStart(2, '0')}` });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/tenants/acme/projects?limit=5${cursor ? `&cursor=${cursor}` : ''}`;
      const { body } = await api.call(api.admin, 'GET', path);
      seen.push(...body.items.map((item: { name: string }) => item.name));
      cursor = body.nextCursor;
      // Before the cursor: must neither be seen nor push anything out of sight.
      await post('/tenants/acme/projects', { name: `a-${seen.length}` });
    } while (cursor);
    expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => `p-${String(i).padStart(2, '0')}`));
  });

  it('trim their items to the fields asked for', async () => {
    const { body } = await api.call(api.admin, 'GET', '/tenants?fields=name&q=acme');
    expect(body.items).toEqual([{ name: 'acme' }]);
  });
});

describe('the record of changes', () => {
  it('has every change with its actor and request, and no secret', async () => {
    const made = await post('/users', { username: 'bob', password: 'a-very-secret-word' });
    const { body } = await api.call(api.admin, 'GET', '/audit-events?action=user.create');
    expect(body.items[0]).toMatchObject({
      actor: 'admin',
      resource: 'users/bob',
      requestId: made.headers.get('x-request-id'),
      after: { username: 'bob', password: '[redacted]' },
    });
    expect(JSON.stringify(body)).not.toContain('a-very-secret-word');
  });
});

describe('events', () => {
  it('are told to who follows, and again to who resumes', async () => {
    const follow = async (lastEventId?: string) => {
      const controller = new AbortController();
      const headers = {
        authorization: `Bearer ${api.admin}`,
        ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
      };
      const answer = await fetch(`${api.url}/api/v1/tenants/acme/events`, { headers, signal: controller.signal });
      return { reader: answer.body!.pipeThrough(new TextDecoderStream()).getReader(), controller };
    };
    const readUntil = async (reader: ReadableStreamDefaultReader<string>, text: string) => {
      let all = '';
      while (!all.includes(text)) all += (await reader.read()).value ?? '';
      return all;
    };
    const first = await follow();
    await readUntil(first.reader, ': connected');
    await post('/tenants/acme/projects', { name: 'evented' });
    const text = await readUntil(first.reader, 'projects/evented"');
    expect(text).toContain('event: change');
    const id = /id: (\S+)/.exec(text)?.[1] ?? '';
    first.controller.abort();
    await post('/tenants/acme/projects', { name: 'resumed' });
    const second = await follow(id);
    expect(await readUntil(second.reader, 'projects/resumed"')).not.toContain(`id: ${id}\n`);
    second.controller.abort();
  });
});

describe('the document', () => {
  it('is OpenAPI 3.1 with every route, its permission and its problems', async () => {
    const { body } = await api.call(undefined, 'GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const operations = Object.values(body.paths).flatMap((path) => Object.values(path as object));
    expect(operations).toHaveLength(api.routes.length);
    for (const operation of operations) expect(operation).toHaveProperty('x-permission');
    expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(operations.length);
  });
});
