import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createUserWithToken, startTestApi, type TestApi } from '../../testing/test-api.js';

let api: TestApi;
const events = '/tenants/acme/events';

/** Follows a stream; resolves with what was heard when it ends, whoever ends it. */
async function follow(token: string | undefined, path: string) {
  const controller = new AbortController();
  const answer = await fetch(`${api.url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    signal: controller.signal,
  });
  expect(answer.status).toBe(200);
  let heard = '';
  const ended = (async () => {
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) heard += part.value;
  })().catch(() => undefined);
  await expect.poll(() => heard).toContain('connected');
  return { ended, heard: () => heard, stop: () => controller.abort() };
}

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
}, 180_000);
afterAll(() => api?.close());

/** By a personal token, or (the slow way) by an access token of a few minutes. */
async function addMember(username: string, role = 'viewer', isSignedIn = false): Promise<string> {
  const token = isSignedIn ? await api.createUser(username) : await createUserWithToken(api, username);
  const added = await api.call(api.admin, 'POST', '/tenants/acme/members', { username, role });
  expect(added.status).toBe(201);
  return token;
}

describe('a stream that is open ends', () => {
  it('when its member is taken out of the tenant, and tells nothing of what comes after', async () => {
    const token = await addMember('leaver');
    const stays = await addMember('stayer');
    const [leaver, stayer] = [await follow(token, events), await follow(stays, events)];
    expect((await api.call(api.admin, 'DELETE', '/tenants/acme/members/leaver')).status).toBe(204);
    await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'after' });
    await leaver.ended;
    expect(leaver.heard()).not.toContain('projects/after');
    await expect.poll(stayer.heard).toContain('projects/after');
    stayer.stop();
  }, 30_000);

  it('when the role that is left does not hold the permission', async () => {
    const token = await addMember('demoted', 'viewer', true);
    await api.call(api.admin, 'POST', '/tenants/acme/roles', { name: 'bookkeeper', permissions: ['tenants:read'] });
    const stream = await follow(token, events);
    const changed = await api.call(api.admin, 'PATCH', '/tenants/acme/members/demoted', { role: 'bookkeeper' });
    expect(changed.status).toBe(200);
    await stream.ended;
    expect((await api.call(token, 'GET', events)).status).toBe(403);
  }, 30_000);

  it('when the token is taken back', async () => {
    const token = await addMember('careful', 'viewer', true);
    const made = await api.call(token, 'POST', '/me/tokens', { name: 'lost' });
    const stream = await follow(made.body.token, events);
    expect((await api.call(token, 'DELETE', `/me/tokens/${made.body.id}`)).status).toBe(204);
    await stream.ended;
  }, 30_000);

  it('when the user is disabled, also where no role is asked for', async () => {
    const token = await addMember('dismissed', 'viewer', true);
    const streams = [await follow(token, events), await follow(token, '/me/events')];
    const changed = await api.call(api.admin, 'PATCH', '/users/dismissed', { isDisabled: true });
    expect(changed.status).toBe(200);
    await Promise.all(streams.map(({ ended }) => ended));
    expect((await api.call(token, 'GET', '/tenants/acme')).status).toBe(401);
  }, 30_000);

  it('when an administrator is one no more', async () => {
    const token = await api.createUser('deputy');
    await api.call(api.admin, 'POST', '/platform-members', { username: 'deputy', role: 'admin' });
    const stream = await follow(token, events);
    expect((await api.call(api.admin, 'DELETE', '/platform-members/deputy')).status).toBe(204);
    await stream.ended;
  }, 30_000);
});
