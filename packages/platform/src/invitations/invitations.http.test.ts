import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { InvitationsModule } from './invitations.module.js';

let api: TestApi;
let ada: string;
let guest: string;

beforeAll(async () => {
  const urls = { databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') };
  api = await startTestApi({ ...urls, modules: [InvitationsModule] });
  ada = await api.createUser('ada');
  guest = await api.createUser('guest');
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(api.admin, 'POST', '/tenants/acme/members', { username: 'ada', role: 'admin' });
});
afterAll(() => api?.close());

const invite = async (role: string, token = ada) =>
  api.call(token, 'POST', '/tenants/acme/invitations', { email: 'Guest@Example.com', role });
const tokenOf = (link: string): string => link.slice(link.indexOf('#') + 1);
const accept = (token: string, as = guest) => api.call(as, 'POST', '/invitations/accept', { token });

describe('an invitation', () => {
  it('lets whoever has its link in once, with the role it names', async () => {
    const sent = await invite('viewer');
    expect(sent.body).toMatchObject({ email: 'guest@example.com', state: 'open', invitedBy: 'ada' });
    const token = tokenOf(sent.body.link);
    const preview = await api.call(guest, 'POST', '/invitations/preview', { token });
    expect(preview.body).toMatchObject({ tenant: 'acme', role: 'viewer' });
    expect((await api.call(guest, 'GET', '/tenants/acme')).status).toBe(404);
    const answers = await Promise.all([accept(token), accept(token), accept(token)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    expect((await api.call(guest, 'GET', '/tenants/acme')).body.myRole).toBe('viewer');
    expect((await accept(token)).body.code).toBe('invitation-invalid');
  });

  it('is mailed in the receiver’s language, and in the inviter’s to a stranger, also when it is sent again', async () => {
    const { read } = api.app.get(Database, { strict: false });
    const localeOfLast = async () => {
      const where = { name: 'mail.send' };
      const last = await read.outboxMessage.findFirstOrThrow({ where, orderBy: { id: 'desc' } });
      return (last.payload as { locale: string }).locale;
    };
    await api.call(guest, 'PATCH', '/me', { locale: 'zh' });
    await read.user.update({ where: { username: 'guest' }, data: { email: 'guest@example.com' } });
    const known = await invite('viewer');
    expect(await localeOfLast()).toBe('zh');
    await api.call(ada, 'POST', `/tenants/acme/invitations/${known.body.id}/resend`);
    expect(await localeOfLast()).toBe('zh');
    const inviteStranger = (more: object) =>
      api.call(ada, 'POST', '/tenants/acme/invitations', { email: 'new@example.com', role: 'viewer', ...more });
    const unknown = await inviteStranger({});
    expect(await localeOfLast()).toBe('en');
    await api.call(ada, 'PATCH', '/me', { locale: 'zh' });
    await api.call(ada, 'POST', `/tenants/acme/invitations/${unknown.body.id}/resend`);
    expect(await localeOfLast()).toBe('zh');
    await inviteStranger({ locale: 'en' });
    expect(await localeOfLast()).toBe('en');
  });

  it('is kept as a hash only', async () => {
    const { body } = await invite('viewer');
    const rows = await api.app.get(Database, { strict: false }).read.invitation.findMany();
    expect(JSON.stringify(rows)).not.toContain(tokenOf(body.link));
    expect(JSON.stringify((await api.call(ada, 'GET', '/tenants/acme/invitations')).body)).not.toContain('slp_inv_');
  });

  it('is worth nothing when it is taken back, too old, sent again or made up', async () => {
    const revoked = await invite('viewer');
    await api.call(ada, 'DELETE', `/tenants/acme/invitations/${revoked.body.id}`);
    const old = await invite('viewer');
    await api.app
      .get(Database, { strict: false })
      .read.invitation.update({ where: { id: old.body.id }, data: { expiresAt: new Date(0) } });
    const again = await invite('viewer');
    const fresh = await api.call(ada, 'POST', `/tenants/acme/invitations/${again.body.id}/resend`);
    for (const link of [revoked.body.link, old.body.link, again.body.link])
      expect((await accept(tokenOf(link))).body.code).toBe('invitation-invalid');
    expect((await accept(`slp_inv_${'x'.repeat(49)}`)).body.code).toBe('invitation-invalid');
    expect((await accept(tokenOf(fresh.body.link))).status).toBe(200);
  });

  it('gives no more than its maker has, and is made by nobody without the right', async () => {
    expect((await invite('owner')).body.code).toBe('invitation-role-too-high');
    expect((await invite('viewer', guest)).body.code).toBe('forbidden');
    const stranger = await api.createUser('stranger');
    expect((await invite('viewer', stranger)).status).toBe(404);
  });

  it('lets nobody into a tenant that may not be changed', async () => {
    const { body } = await invite('viewer');
    await api.call(api.admin, 'POST', '/tenants/acme/state', { state: 'cordoned', reason: 'Test.' });
    expect((await accept(tokenOf(body.link), await api.login('stranger'))).body.code).toBe('tenant-cordoned');
    await api.call(api.admin, 'POST', '/tenants/acme/state', { state: 'active', reason: 'Test.' });
  });
});
