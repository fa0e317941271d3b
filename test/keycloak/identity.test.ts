import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { findKeycloak, keycloakRealm } from '../support/keycloak.js';
import { createSlipway, login, uniqueName } from '../support/slipway.js';

const keycloak = findKeycloak();
const password = 'A-long-enough-password-1';

interface Me {
  readonly username: string;
  readonly isAdmin: boolean;
  readonly platformRoles: readonly string[];
}

describe.runIf(keycloak)('a real Keycloak', () => {
  if (!keycloak) return;
  const apiUrl = inject('apiUrl');
  const portal = inject('portalUrl');
  const username = uniqueName('ann');
  let userId: string;

  const ask = (token: string, path = '/me') =>
    fetch(`${apiUrl}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  const me = async (token: string) => (await (await ask(token)).json()) as Me;
  const atRealm = (path: string) => `/admin/realms/${keycloakRealm}${path}`;
  const withParts = (token: string, change: (parts: string[]) => string[]) => change(token.split('.')).join('.');
  const toPart = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  beforeAll(async () => {
    userId = await keycloak.createUser(username, password);
  });

  test('signs in the first administrator by the password that was printed', async () => {
    const { access_token } = await keycloak.signIn('admin', inject('adminPassword'));
    expect(await me(access_token)).toMatchObject({ username: 'admin', isAdmin: true });
  });

  test('signs in a user whom the platform has never seen', async () => {
    const { access_token } = await keycloak.signIn(username, password);
    expect(await me(access_token)).toMatchObject({ username, isAdmin: false, platformRoles: [] });
    expect((await ask(access_token, '/users')).status).toBe(403);
    await expect(keycloak.signIn(username, 'wrong')).rejects.toThrow('invalid_grant');
  });

  test('its tokens are refused when they are altered, not signed, or meant for others', async () => {
    const { access_token } = await keycloak.signIn(username, password);
    const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as object;
    const forged = [
      withParts(access_token, ([head = '', , signature = '']) => [
        head,
        toPart({ ...claims, realm_access: { roles: ['slipway-admin'] } }),
        signature,
      ]),
      withParts(access_token, ([, body = '']) => [toPart({ alg: 'none', typ: 'JWT' }), body, '']),
      withParts(access_token, ([, body = '', signature = '']) => [
        toPart({ alg: 'HS256', typ: 'JWT' }),
        body,
        signature,
      ]),
    ];
    for (const token of forged) expect((await ask(token)).status).toBe(401);
    const place = inject('keycloak');
    const answer = await fetch(`${place?.url}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'admin-cli',
        username: 'keycloak-admin',
        password: place?.password ?? '',
      }),
    });
    const { access_token: ofMaster } = (await answer.json()) as { access_token: string };
    expect((await ask(ofMaster)).status).toBe(401);
  });

  test('a refresh token works once', async () => {
    const first = await keycloak.signIn(username, password);
    const second = await keycloak.refresh(first.refresh_token);
    expect((await ask(second.access_token)).status).toBe(200);
    await expect(keycloak.refresh(first.refresh_token)).rejects.toThrow('invalid_grant');
  });

  test('a sign-out ends the session', async () => {
    const { refresh_token } = await keycloak.signIn(username, password);
    await keycloak.signOut(refresh_token);
    await expect(keycloak.refresh(refresh_token)).rejects.toThrow('invalid_grant');
  });

  test('a session that ends there ends here at once, by back-channel logout', async () => {
    const { access_token, refresh_token } = await keycloak.signIn(username, password);
    expect((await ask(access_token)).status).toBe(200);
    await keycloak.signOut(refresh_token);
    await eventually(async () => expect((await ask(access_token)).status).toBe(401), 10);
  });

  test('a session that ends here ends there, and so do all of a user who is disabled here', async () => {
    const name = uniqueName('ended');
    const id = await keycloak.createUser(name, password);
    const sessions = async () => (await keycloak.admin('GET', atRealm(`/users/${id}/sessions`))) as { id: string }[];
    const [first, second] = [await keycloak.signIn(name, password), await keycloak.signIn(name, password)];
    for (const { access_token } of [first, second]) expect((await ask(access_token)).status).toBe(200);
    expect(await sessions()).toHaveLength(2);
    const call = (token: string, method: string, path: string, body?: object) =>
      fetch(`${apiUrl}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
      });
    expect((await call(first.access_token, 'DELETE', '/me/sessions/current')).status).toBe(204);
    expect((await ask(first.access_token)).status).toBe(401);
    await eventually(async () => expect(await sessions()).toHaveLength(1), 30);
    await expect(keycloak.refresh(first.refresh_token)).rejects.toThrow('invalid_grant');
    const admin = await keycloak.signIn('admin', inject('adminPassword'));
    expect((await call(admin.access_token, 'PATCH', `/users/${name}`, { isDisabled: true })).status).toBe(200);
    expect((await ask(second.access_token)).status).toBe(401);
    await eventually(async () => expect(await sessions()).toHaveLength(0), 30);
    // Keycloak forgets a session a moment after it has left the list.
    await eventually(() => expect(keycloak.refresh(second.refresh_token)).rejects.toThrow('invalid_grant'), 10);
  });

  test('a group makes an auditor, and unmakes him at the next refresh', async () => {
    const groups = (await keycloak.admin('GET', atRealm('/groups'))) as { id: string; name: string }[];
    const auditors = groups.find(({ name }) => name === 'slipway-auditors')?.id;
    await keycloak.admin('PUT', atRealm(`/users/${userId}/groups/${auditors}`));
    const raised = await keycloak.signIn(username, password);
    expect(await me(raised.access_token)).toMatchObject({ isAdmin: false, platformRoles: ['auditor'] });
    expect((await ask(raised.access_token, '/audit-events')).status).toBe(200);
    await keycloak.admin('DELETE', atRealm(`/users/${userId}/groups/${auditors}`));
    const lowered = await keycloak.refresh(raised.refresh_token);
    // What the token no longer tells is taken away by a notice, a moment after it was first seen.
    await eventually(async () => expect(await me(lowered.access_token)).toMatchObject({ platformRoles: [] }), 5);
    expect((await ask(lowered.access_token, '/audit-events')).status).toBe(403);
  });

  test('a new signing key is taken up within seconds, and tokens of the old one while it stands', async () => {
    const before = await keycloak.signIn(username, password);
    const key = { name: 'rotated', providerId: 'rsa-generated', providerType: 'org.keycloak.keys.KeyProvider' };
    const config = { priority: ['200'], enabled: ['true'], active: ['true'], algorithm: ['RS256'] };
    const { id: parentId } = (await keycloak.admin('GET', atRealm(''))) as { id: string };
    const rotated = await keycloak.admin('POST', atRealm('/components'), { ...key, parentId, config });
    try {
      const after = await keycloak.signIn(username, password);
      const keyOf = (token: string) => Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
      expect(keyOf(after.access_token)).not.toBe(keyOf(before.access_token));
      await eventually(async () => expect((await ask(after.access_token)).status).toBe(200), 5);
      expect((await ask(before.access_token)).status).toBe(200);
    } finally {
      await keycloak.admin('DELETE', atRealm(`/components/${rotated}`));
    }
  });

  test('the command line signs in, and its token outlives the session', async () => {
    const slipway = await login(apiUrl, username, password);
    expect(await slipway.json('whoami')).toMatchObject({ username });
    await slipway.dispose();
  });

  test('a disabled user signs in no more', async () => {
    const name = uniqueName('gone');
    const id = await keycloak.createUser(name, password);
    const { access_token, refresh_token } = await keycloak.signIn(name, password);
    expect((await ask(access_token)).status).toBe(200);
    await keycloak.admin('PUT', atRealm(`/users/${id}`), { enabled: false });
    await expect(keycloak.signIn(name, password)).rejects.toThrow('disabled');
    await expect(keycloak.refresh(refresh_token)).rejects.toThrow('invalid_grant');
    const slipway = await createSlipway(apiUrl);
    const { exit } = await slipway.try(['login', '--username', name, '--password-stdin'], { stdin: `${password}\n` });
    expect(exit).not.toBe(0);
    await slipway.dispose();
  });

  describe('in the browser', () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
      page = await (await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-US' })).newPage();
    });
    afterAll(() => browser?.close());

    const signIn = async () => {
      await page.locator('input[name="username"]').fill(username);
      await page.locator('input[name="password"]').fill(password);
      await page.locator('button[type="submit"], input[type="submit"]').first().click();
    };

    test('its login page leads back to the page that was asked for, and a sign-out ends its session too', async () => {
      await page.goto(`${portal}/me`);
      await signIn();
      await page.waitForURL(`${portal}/me`);
      await page.getByText(username).first().waitFor();
      await page.locator('.avatar').click();
      await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
      // By way of the portal, which sends whoever has no session to sign in.
      await page.locator('input[name="password"]').waitFor();
      await page.goto(`${portal}/me`);
      await page.locator('input[name="password"]').waitFor();
    });

    test('a session that an administrator ended does not come back without the password', async () => {
      await page.goto(`${portal}/me`);
      await signIn();
      await page.waitForURL(`${portal}/me`);
      const admin = await keycloak.signIn('admin', inject('adminPassword'));
      const headers = { authorization: `Bearer ${admin.access_token}` };
      const ended = await fetch(`${apiUrl}/api/v1/users/${username}/sessions`, { method: 'DELETE', headers });
      expect(ended.status).toBe(204);
      // The worker ends it at Keycloak a moment later, and with it what was signed in there meanwhile.
      await eventually(async () => {
        await page.goto(`${portal}/me`);
        await page.locator('input[name="password"]').waitFor({ timeout: 3000 });
      });
    });

    test('while it is down tokens work on; it comes back by itself', async () => {
      const { access_token } = await keycloak.signIn(username, password);
      expect((await ask(access_token)).status).toBe(200);
      keycloak.kill();
      await eventually(async () => expect(await keycloak.isUp()).toBe(false));
      expect((await ask(access_token)).status).toBe(200);
      const stranger = await (await browser.newContext()).newPage();
      await stranger.goto(`${portal}/me`);
      await stranger.getByRole('heading', { name: 'The identity provider is not reachable' }).waitFor();
      await eventually(async () => expect(await keycloak.isUp()).toBe(true), 90);
      await page.goto(`${portal}/me`);
      await signIn();
      await page.waitForURL(`${portal}/me`);
    });
  });
});
