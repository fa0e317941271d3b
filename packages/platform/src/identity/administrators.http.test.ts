import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi, testPassword } from '../testing/test-api.js';

let api: TestApi;
const call = (method: string, path: string, body?: unknown, token = api.admin) => api.call(token, method, path, body);
const isAdmin = async (username: string) => (await call('GET', `/users/${username}`)).body.isAdmin;

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
});
afterAll(() => api?.close());

describe('administrators', () => {
  it('are who has the role on the platform: the first by the bootstrap, others by either door', async () => {
    const members = (await call('GET', '/platform-members')).body.items;
    expect(members).toMatchObject([{ username: 'admin', role: 'admin' }]);
    await call('POST', '/users', { username: 'second', password: testPassword, isAdmin: true });
    const [, second] = (await call('GET', '/platform-members')).body.items;
    expect(second).toMatchObject({ username: 'second', role: 'admin' });
    const token = await api.login('second');
    expect((await call('GET', '/users', undefined, token)).status).toBe(200);

    expect((await call('DELETE', '/platform-members/second')).status).toBe(204);
    expect(await isAdmin('second')).toBe(false);
    await expect.poll(async () => (await call('GET', '/users', undefined, token)).status).toBe(403);
    expect((await call('PATCH', '/users/second', { isAdmin: true })).body.isAdmin).toBe(true);
    await expect.poll(async () => (await call('GET', '/users', undefined, token)).status).toBe(200);
    expect((await call('PATCH', '/users/second', { isAdmin: false })).body.isAdmin).toBe(false);
    await expect.poll(async () => (await call('GET', '/users', undefined, token)).status).toBe(403);
    const listed = (await call('GET', '/users')).body.items.map((user: { username: string; isAdmin: boolean }) => [
      user.username,
      user.isAdmin,
    ]);
    expect(listed).toEqual([
      ['admin', true],
      ['second', false],
    ]);
  });

  it('by a group stay so while the group is one', async () => {
    await call('POST', '/groups', { name: 'rulers' });
    await call('PUT', '/groups/rulers/members/second');
    await call('POST', '/platform-members', { group: 'rulers', role: 'admin' });
    expect(await isAdmin('second')).toBe(true);
    expect((await call('PATCH', '/users/second', { isAdmin: false })).body.isAdmin).toBe(true);
    await call('DELETE', '/groups/rulers');
    expect(await isAdmin('second')).toBe(false);
  });

  it('never run out, whichever door is tried', async () => {
    const expectLast = async (method: string, path: string, body?: unknown, token?: string) => {
      const answer = await call(method, path, body, token);
      expect([answer.status, answer.body.code], `${method} ${path}`).toEqual([409, 'last-administrator']);
    };
    await expectLast('DELETE', '/platform-members/admin');
    await expectLast('PATCH', '/platform-members/admin', { role: 'auditor' });
    await expectLast('PATCH', '/platform-members/admin', { expiresAt: new Date(Date.now() + 60_000).toISOString() });

    // An administrator for a time can take nobody away for ever.
    const end = new Date(Date.now() + 3_600_000).toISOString();
    await call('POST', '/platform-members', { username: 'second', role: 'admin', expiresAt: end });
    const token = await api.login('second');
    await expectLast('PATCH', '/users/admin', { isDisabled: true }, token);
    await expectLast('PATCH', '/users/admin', { isAdmin: false }, token);
    await expectLast('DELETE', '/users/admin', undefined, token);
    expect((await call('GET', '/me')).body.isAdmin).toBe(true);
  });
});
