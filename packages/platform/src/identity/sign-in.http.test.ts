import { createHash } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi, testPassword } from '../testing/test-api.js';

// Passwords are slow to check on purpose.
vi.setConfig({ testTimeout: 120_000 });

let api: TestApi;
const endpoint = (name: string) => `${api.url}/realms/slipway/protocol/openid-connect/${name}`;
const form = (values: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(values) });
const database = () => api.app.get(Database, { strict: false }).read;
const client = { client_id: 'slipway-portal', client_secret: 'portal-secret' };
const callback = 'http://portal.test/auth/callback';

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
});
afterAll(() => api?.close());

/** Goes where the redirects lead with the cookies they set, until the portal or `stop`. */
function createBrowser(device = 'test browser') {
  const jar = new Map<string, string>();
  return Object.assign(
    async function go(url: string, init: RequestInit = {}): Promise<{ url: string; answer: Response }> {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(url, { ...init, redirect: 'manual', headers: { cookie, 'user-agent': device } });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (name) jar.set(name, value ?? '');
      }
      const location = answer.headers.get('location');
      if (!location) return { url, answer };
      const next = new URL(location, url).href;
      return next.startsWith('http://portal.test') ? { url: next, answer } : go(next);
    },
    { jar },
  );
}
type Browser = ReturnType<typeof createBrowser>;

const verifier = 'v'.repeat(60);
const startUrl = () => {
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const rest = {
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 's',
    nonce: 'n',
    redirect_uri: callback,
  };
  const query = { client_id: 'slipway-portal', response_type: 'code', scope: 'openid profile email', ...rest };
  return `${endpoint('auth')}?${new URLSearchParams(query)}`;
};
async function exchange(url: string): Promise<Record<string, string>> {
  const code = new URL(url).searchParams.get('code') ?? '';
  const body = { ...client, grant_type: 'authorization_code', redirect_uri: callback, code, code_verifier: verifier };
  return (await (await fetch(endpoint('token'), form(body))).json()) as Record<string, string>;
}
async function signIn(browser: Browser, username: string) {
  const page = await browser(startUrl());
  const done = await browser(page.url, form({ username, password: testPassword }));
  return exchange(done.url);
}
const refresh = async (token: string | undefined) => {
  const answer = await fetch(
    endpoint('token'),
    form({ ...client, grant_type: 'refresh_token', refresh_token: token ?? '' }),
  );
  return { status: answer.status, tokens: (await answer.json()) as Record<string, string> };
};
const statusOf = async (token: string | undefined) => (await api.call(token, 'GET', '/me')).status;
const codeOf = (secret: string, at = Date.now()) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });

describe('sessions', () => {
  it('are listed with device and address, and end for the API and the issuer at once', async () => {
    await api.createUser('sam');
    const [home, work] = [createBrowser('Home/1.0'), createBrowser('Work/2.0')];
    const atHome = await signIn(home, 'sam');
    const atWork = await signIn(work, 'sam');
    const { body } = await api.call(atHome['access_token'], 'GET', '/me/sessions');
    const browsers = body.items.filter((item: { kind: string }) => item.kind === 'browser');
    expect(browsers.map((item: { device: string; isCurrent: boolean }) => [item.device, item.isCurrent])).toEqual([
      ['Work/2.0', false],
      ['Home/1.0', true],
    ]);
    expect(browsers[0].address).toMatch(/127\.0\.0\.1|::1/);
    const ended = await api.call(atHome['access_token'], 'DELETE', `/me/sessions/${browsers[0].id}`);
    expect(ended.status).toBe(204);
    expect([await statusOf(atHome['access_token']), await statusOf(atWork['access_token'])]).toEqual([200, 401]);
    expect((await refresh(atWork['refresh_token'])).status).toBe(400);
    // The browser must type the password again.
    expect((await work(startUrl())).answer.status).toBe(200);
    expect((await home(startUrl())).url).toContain('http://portal.test');
    const other = await api.createUser('spy');
    expect((await api.call(other, 'DELETE', `/me/sessions/${browsers[1].id}`)).status).toBe(404);
  });

  it('have another cookie after the sign-in than before', async () => {
    await api.createUser('fix');
    const browser = createBrowser();
    const page = await browser(startUrl());
    const before = browser.jar.get('slipway_issuer');
    await browser(page.url, form({ username: 'fix', password: testPassword }));
    expect(browser.jar.get('slipway_issuer')).toBeDefined();
    expect(browser.jar.get('slipway_issuer')).not.toBe(before);
  });

  it('end with a sign-out by the id token, for the browser, the portal’s tokens and the API', async () => {
    await api.createUser('uma');
    const browser = createBrowser();
    const tokens = await signIn(browser, 'uma');
    const back = { id_token_hint: tokens['id_token'] ?? '', post_logout_redirect_uri: 'http://portal.test' };
    const asked = await browser(`${endpoint('logout')}?${new URLSearchParams(back)}`);
    const html = await asked.answer.text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
    const done = await browser(endpoint('logout/confirm'), form({ xsrf, logout: 'yes' }));
    expect(done.url).toMatch(/^http:\/\/portal\.test/);
    expect(await statusOf(tokens['access_token'])).toBe(401);
    expect((await refresh(tokens['refresh_token'])).status).toBe(400);
    expect((await browser(startUrl())).answer.status).toBe(200);
  });

  it('that ask to be ended are, and the page of the issuer still leads back', async () => {
    await api.createUser('una');
    const browser = createBrowser();
    const tokens = await signIn(browser, 'una');
    expect((await api.call(tokens['access_token'], 'DELETE', '/me/sessions/current')).status).toBe(204);
    expect(await statusOf(tokens['access_token'])).toBe(401);
    const back = { id_token_hint: tokens['id_token'] ?? '', post_logout_redirect_uri: 'http://portal.test' };
    const asked = await browser(`${endpoint('logout')}?${new URLSearchParams(back)}`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await asked.answer.text())?.[1] ?? '';
    const done = await browser(endpoint('logout/confirm'), form({ xsrf, logout: 'yes' }));
    expect(done.url).toMatch(/^http:\/\/portal\.test/);
  });

  it('end all with a new password but the one that changed it, with the CLI’s sign-ins', async () => {
    await api.createUser('pat');
    const here = await signIn(createBrowser(), 'pat');
    const there = await signIn(createBrowser(), 'pat');
    const cli = await api.call(here['access_token'], 'POST', '/me/tokens', { name: 'cli', kind: 'login' });
    const ci = await api.call(here['access_token'], 'POST', '/me/tokens', { name: 'ci' });
    expect([cli.status, ci.status]).toEqual([201, 201]);
    const body = { currentPassword: testPassword, newPassword: 'entirely-new-battery' };
    expect((await api.call(here['access_token'], 'PATCH', '/me', body)).status).toBe(200);
    const all = [here['access_token'], there['access_token'], cli.body.token, ci.body.token];
    expect(await Promise.all(all.map(statusOf))).toEqual([200, 401, 401, 200]);
    expect((await refresh(here['refresh_token'])).status).toBe(200);
    expect((await refresh(there['refresh_token'])).status).toBe(400);
  });

  it('of a user are ended by an administrator, all of them or by disabling', async () => {
    await api.createUser('rob');
    const first = await signIn(createBrowser(), 'rob');
    const { body } = await api.call(api.admin, 'GET', '/users/rob/sessions');
    expect(body.items.length).toBeGreaterThan(0);
    expect((await api.call(api.admin, 'DELETE', '/users/rob/sessions')).status).toBe(204);
    expect(await statusOf(first['access_token'])).toBe(401);
    const second = await signIn(createBrowser(), 'rob');
    await api.call(api.admin, 'PATCH', '/users/rob', { isDisabled: true });
    expect(await statusOf(second['access_token'])).toBe(401);
    expect((await refresh(second['refresh_token'])).status).toBe(400);
  });
});

describe('authorization codes', () => {
  it('are good once: who uses one again ends what came of it', async () => {
    await api.createUser('cody');
    const browser = createBrowser();
    const page = await browser(startUrl());
    const done = await browser(page.url, form({ username: 'cody', password: testPassword }));
    const first = await exchange(done.url);
    expect(await statusOf(first['access_token'])).toBe(200);
    expect((await exchange(done.url))['error']).toBe('invalid_grant');
    expect((await refresh(first['refresh_token'])).status).toBe(400);
  });

  it('are of no use without the verifier that they were asked for with, nor elsewhere', async () => {
    await api.createUser('cora');
    const browser = createBrowser();
    const page = await browser(startUrl());
    const done = await browser(page.url, form({ username: 'cora', password: testPassword }));
    const code = new URL(done.url).searchParams.get('code') ?? '';
    const usual = {
      ...client,
      grant_type: 'authorization_code',
      redirect_uri: callback,
      code,
      code_verifier: verifier,
    };
    for (const wrong of [
      { code_verifier: 'w'.repeat(60) },
      { redirect_uri: 'http://portal.test/elsewhere' },
      { client_secret: 'x' },
    ]) {
      const answer = await fetch(endpoint('token'), form({ ...usual, ...wrong }));
      expect(answer.status, JSON.stringify(wrong)).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('refresh tokens', () => {
  it('are good once: who uses one again ends the whole sign-in', async () => {
    await api.createUser('rita');
    const first = await signIn(createBrowser(), 'rita');
    const second = await refresh(first['refresh_token']);
    expect(second.status).toBe(200);
    expect(second.tokens['refresh_token']).not.toBe(first['refresh_token']);
    expect((await refresh(first['refresh_token'])).status).toBe(400);
    expect((await refresh(second.tokens['refresh_token'])).status).toBe(400);
  });
});

describe('guessing', () => {
  const attempt = (username: string, password: string, address: string) =>
    fetch(endpoint('token'), {
      ...form({ grant_type: 'password', client_id: 'slipway-cli', username, password }),
      headers: { 'x-forwarded-for': address },
    });

  it('is slowed down by name and address, the same for names that are not', async () => {
    await api.createUser('gus');
    const answers = async (username: string, address: string) => {
      const bodies: string[] = [];
      for (let i = 0; i < 6; i++) {
        const answer = await attempt(username, 'wrong-password', address);
        bodies.push(`${answer.status} ${await answer.text()}`);
      }
      return bodies;
    };
    const known = await answers('gus', '192.0.2.1');
    // Even with the right password now.
    expect((await attempt('gus', testPassword, '192.0.2.1')).status).toBe(429);
    const unknown = await answers('nobody-here', '192.0.2.2');
    expect(known).toEqual(unknown);
    expect(known.map((text) => text.slice(0, 3))).toEqual(['400', '400', '400', '400', '400', '429']);
    // Somebody else's guesses do not lock the user out elsewhere.
    expect((await attempt('gus', testPassword, '192.0.2.3')).ok).toBe(true);
  });

  it('in parallel is counted as well', async () => {
    await api.createUser('gil');
    const tries = Array.from({ length: 12 }, (_, i) => attempt('gil', `wrong-${i}`, '192.0.2.7'));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
  });

  it('is audited, and so is success', async () => {
    const { body } = await api.call(api.admin, 'GET', '/audit-events?action=user.login&limit=500');
    const outcomes = body.items.filter((item: { actor: string }) => item.actor === 'gus');
    expect(outcomes.length).toBeGreaterThanOrEqual(6);
  });
});

describe('passwords', () => {
  it.each(['short', 'password1234', 'paula-is-here'])('such as %s are refused', async (password) => {
    const answer = await api.call(api.admin, 'POST', '/users', { username: 'paula', password });
    expect([answer.status, answer.body.code]).toEqual([422, 'password-weak']);
    expect(answer.body.errors[0].path).toBe('body.password');
  });
});

describe('a second factor', () => {
  it('is set up, asked for at the sign-in, and none of its codes works twice', async () => {
    const mia = await api.createUser('mia');
    const { secret, uri, svg } = (await api.call(mia, 'POST', '/me/second-factor')).body;
    expect(uri).toContain('otpauth://totp/Slipway:mia');
    expect(svg).toContain('<svg');
    expect((await api.call(mia, 'POST', '/me/second-factor/confirm', { code: '000000' })).status).toBe(422);
    const now = Date.now();
    const { recoveryCodes } = (await api.call(mia, 'POST', '/me/second-factor/confirm', { code: codeOf(secret, now) }))
      .body;
    expect(recoveryCodes).toHaveLength(10);
    expect((await database().secondFactor.findFirstOrThrow()).secret).not.toContain(secret);

    await expect(api.login('mia')).rejects.toThrow('second factor');
    const browser = createBrowser();
    const page = await browser(startUrl());
    const asked = await browser(page.url, form({ username: 'mia', password: testPassword }));
    expect(await asked.answer.text()).toContain('one-time-code');
    const replayed = await browser(page.url, form({ code: codeOf(secret, now) }));
    expect(replayed.answer.status).toBe(401);
    const done = await browser(page.url, form({ code: codeOf(secret, now + 30_000) }));
    expect(await statusOf((await exchange(done.url))['access_token'])).toBe(200);

    const byRecovery = { grant_type: 'password', client_id: 'slipway-cli', username: 'mia', password: testPassword };
    const once = await fetch(endpoint('token'), form({ ...byRecovery, totp: recoveryCodes[0] }));
    const twice = await fetch(endpoint('token'), form({ ...byRecovery, totp: recoveryCodes[0] }));
    expect([once.status, twice.status]).toEqual([200, 400]);
    expect((await api.call(api.admin, 'DELETE', '/users/mia/second-factor')).status).toBe(204);
    expect(await api.login('mia')).toBeTruthy();
  });

  it('is set up at the sign-in when a role requires it', async () => {
    await api.createUser('otto');
    await api.call(api.admin, 'POST', '/tenants', { name: 'vault', owner: 'otto' });
    await api.call(api.admin, 'PATCH', '/identity/settings', { mfaRoles: ['owner'] });
    await expect(api.login('otto')).rejects.toThrow('set up first');
    const browser = createBrowser();
    const page = await browser(startUrl());
    const enrol = await (await browser(page.url, form({ username: 'otto', password: testPassword }))).answer.text();
    const secret = /<code>([A-Z2-7]+)<\/code>/.exec(enrol)?.[1] ?? '';
    const codes = await browser(page.url, form({ code: codeOf(secret) }));
    expect(await codes.answer.text()).toContain('class="codes"');
    const done = await browser(page.url, form({ done: 'yes' }));
    expect(await statusOf((await exchange(done.url))['access_token'])).toBe(200);
    await api.call(api.admin, 'PATCH', '/identity/settings', { mfaRoles: [] });
  });
});

describe('the device flow', () => {
  it('gives the CLI a token after the user said yes in the browser', async () => {
    await api.createUser('dave');
    const cli = { client_id: 'slipway-cli' };
    const begun = await fetch(endpoint('auth/device'), form({ ...cli, scope: 'openid profile email' }));
    const device = (await begun.json()) as Record<string, string>;
    const poll = () =>
      fetch(
        endpoint('token'),
        form({
          ...cli,
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: device['device_code'] ?? '',
        }),
      );
    expect(((await (await poll()).json()) as Record<string, string>)['error']).toBe('authorization_pending');
    const browser = createBrowser();
    let page = await browser(device['verification_uri_complete'] ?? '');
    let html = await page.answer.text();
    // A form that sends itself, then the question whether the terminal shows this code.
    while (!html.includes('type="password"')) {
      const fields = [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
      const hidden = Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]));
      page = await browser(/action="([^"]+)"/.exec(html)?.[1] ?? '', form(hidden));
      html = await page.answer.text();
    }
    const done = await browser(page.url, form({ username: 'dave', password: testPassword }));
    expect(done.answer.status).toBe(200);
    expect(await done.answer.text()).toContain('Connected');
    const tokens = (await (await poll()).json()) as Record<string, string>;
    expect(tokens).toHaveProperty('access_token');
    expect((await api.call(tokens['access_token'], 'GET', '/me')).body.username).toBe('dave');
  });
});
