import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi, testPassword } from '../testing/test-api.js';

let api: TestApi;
let subject: string;
const endpoint = (name: string) => `${api.url}/realms/slipway/protocol/openid-connect/${name}`;
const form = (values: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(values) });

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  subject = (await api.call(api.admin, 'GET', '/me')).body.id;
});
afterAll(() => api?.close());

/** Goes where the redirects lead with the cookies they set, until `stop`. */
function createBrowser() {
  const jar = new Map<string, string>();
  return async function go(url: string, init: RequestInit = {}): Promise<{ url: string; answer: Response }> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name) jar.set(name, value ?? '');
    }
    const location = answer.headers.get('location');
    if (!location) return { url, answer };
    const next = new URL(location, url).href;
    return next.startsWith('http://portal.test') ? { url: next, answer } : go(next);
  };
}

describe('signing in by the browser', () => {
  it('gives the portal a code for tokens that the API takes, and renews them', async () => {
    const verifier = 'v'.repeat(60);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const query = new URLSearchParams({
      client_id: 'slipway-portal',
      response_type: 'code',
      scope: 'openid profile email',
      redirect_uri: 'http://portal.test/auth/callback',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state: 's',
      nonce: 'n',
      ui_locales: 'zh',
    });
    const go = createBrowser();
    const page = await go(`${endpoint('auth')}?${query}`);
    expect(page.answer.status).toBe(200);
    expect(await page.answer.text()).toContain('登录');

    const wrong = await go(page.url, form({ username: 'admin', password: 'wrong' }));
    const unknown = await go(page.url, form({ username: 'nobody', password: 'wrong' }));
    expect([wrong.answer.status, unknown.answer.status]).toEqual([401, 401]);
    const strip = (html: string) => html.replace(/value="\w+"/, '');
    expect(strip(await wrong.answer.text())).toBe(strip(await unknown.answer.text()));

    const done = await go(page.url, form({ username: 'admin', password: testPassword }));
    const code = new URL(done.url).searchParams.get('code') ?? '';
    expect(code).not.toBe('');
    const client = { client_id: 'slipway-portal', client_secret: 'portal-secret' };
    const exchange = { ...client, grant_type: 'authorization_code', redirect_uri: 'http://portal.test/auth/callback' };
    const answer = await fetch(endpoint('token'), form({ ...exchange, code, code_verifier: verifier }));
    const tokens = (await answer.json()) as Record<string, string>;
    expect((await api.call(tokens['access_token'], 'GET', '/me')).body.username).toBe('admin');

    const refresh = { ...client, grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' };
    const renewed = (await (await fetch(endpoint('token'), form(refresh))).json()) as Record<string, string>;
    expect((await api.call(renewed['access_token'], 'GET', '/me')).status).toBe(200);
  });
});

describe('access tokens', () => {
  const sign = (claims: JWTPayload, key?: Parameters<SignJWT['sign']>[0]) => {
    const jwk = JSON.parse(readFileSync(api.config.issuerKeyFile ?? '', 'utf8'));
    const now = Math.floor(Date.now() / 1000);
    const issuer = `${api.url}/realms/slipway`;
    const usual = { typ: 'Bearer', sub: subject, aud: 'slipway-api', iss: issuer, iat: now, exp: now + 60 };
    const own = createPrivateKey({ key: jwk, format: 'jwk' });
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'test' }).sign(key ?? own);
  };
  const statusOf = async (token: string) => (await api.call(token, 'GET', '/me')).status;

  it('are taken when all is right', async () => {
    expect(await statusOf(await sign({}))).toBe(200);
  });

  it.each([
    ['expired', { exp: 1 }],
    ['meant for somebody else', { aud: 'other' }],
    ['of another issuer', { iss: 'http://elsewhere/realms/slipway' }],
    ['of another type', { typ: 'ID' }],
    ['of nobody', { sub: '01900000-0000-7000-8000-000000000000' }],
  ])('are refused when %s', async (_, claims) => {
    expect(await statusOf(await sign(claims))).toBe(401);
  });

  it('are refused when signed by another key, altered or not signed', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(await statusOf(await sign({}, other))).toBe(401);
    const [head, body, signature] = (await sign({})).split('.');
    const admin = Buffer.from(JSON.stringify({ typ: 'Bearer', sub: subject })).toString('base64url');
    expect(await statusOf(`${head}.${admin}.${signature}`)).toBe(401);
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    for (const token of [`${none}.${body}.`, `${none}.${body}.AAAA`]) expect(await statusOf(token)).toBe(401);
  });

  it('are taken when the clocks are half a minute apart, and not when they are further', async () => {
    const now = Math.floor(Date.now() / 1000);
    const near = [{ exp: now - 20 }, { nbf: now + 20 }, { iat: now + 20 }];
    for (const claims of near) expect(await statusOf(await sign(claims)), JSON.stringify(claims)).toBe(200);
    const far = [{ exp: now - 40 }, { nbf: now + 60 }, { iat: now + 60 }];
    for (const claims of far) expect(await statusOf(await sign(claims)), JSON.stringify(claims)).toBe(401);
  });

  it('are refused when the public key is used as a secret', async () => {
    const jwk = JSON.parse(readFileSync(api.config.issuerKeyFile ?? '', 'utf8'));
    const key = createPublicKey({ key: { kty: jwk.kty, n: jwk.n, e: jwk.e }, format: 'jwk' });
    const pem = key.export({ type: 'spki', format: 'pem' }).toString();
    const now = Math.floor(Date.now() / 1000);
    const claims = { typ: 'Bearer', sub: subject, aud: 'slipway-api', iss: `${api.url}/realms/slipway`, exp: now + 60 };
    for (const secret of [pem, pem.trim(), pem.replace(/-----[^-]+-----|\s/g, '')]) {
      const header = { alg: 'HS256', kid: 'test' };
      const forged = await new SignJWT(claims).setProtectedHeader(header).sign(Buffer.from(secret));
      expect(await statusOf(forged)).toBe(401);
    }
  });

  it('are refused with a header that names a key of its own', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const now = Math.floor(Date.now() / 1000);
    const claims = { typ: 'Bearer', sub: subject, aud: 'slipway-api', iss: `${api.url}/realms/slipway`, exp: now + 60 };
    const jwk = publicKey.export({ format: 'jwk' });
    const header = { alg: 'RS256', kid: 'test', jwk, jku: 'http://127.0.0.1:1/keys' };
    expect(await statusOf(await new SignJWT(claims).setProtectedHeader(header).sign(privateKey))).toBe(401);
  });

  it('are not given for a wrong password', async () => {
    await expect(api.login('admin', 'wrong')).rejects.toThrow('invalid_grant');
  });
});

describe('personal tokens', () => {
  it('work until they are deleted, and are never shown again', async () => {
    const made = await api.call(api.admin, 'POST', '/me/tokens', { name: 'ci', expiresInDays: 1 });
    const { id, token } = made.body;
    expect((await api.call(token, 'GET', '/me')).body.username).toBe('admin');
    const list = await api.call(api.admin, 'GET', '/me/tokens');
    expect(list.body.items[0]).toMatchObject({ id, name: 'ci' });
    expect(JSON.stringify(list.body)).not.toContain(token);
    expect((await api.call(api.admin, 'DELETE', `/me/tokens/${id}`)).status).toBe(204);
    expect((await api.call(token, 'GET', '/me')).status).toBe(401);
  });

  it('are not somebody else’s to delete', async () => {
    const made = await api.call(api.admin, 'POST', '/me/tokens', { name: 'mine' });
    const bob = await api.createUser('bob');
    expect((await api.call(bob, 'DELETE', `/me/tokens/${made.body.id}`)).status).toBe(404);
  });
});

describe('users', () => {
  it('are signed out everywhere when they are deleted', async () => {
    const carol = await api.createUser('carol');
    expect((await api.call(api.admin, 'DELETE', '/users/carol')).status).toBe(204);
    expect((await api.call(carol, 'GET', '/me')).status).toBe(401);
  });
});
