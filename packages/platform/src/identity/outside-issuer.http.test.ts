import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { startTestIssuer, type TestIssuer, testIssuerSecret } from '../testing/test-issuer.js';
import { endIssuerSessions } from './identity.job-definitions.js';
import { EndIssuerSessionsProcessor } from './identity.jobs.js';
import { IssuerAdministration } from './issuer-administration.service.js';

let api: TestApi;
let issuer: TestIssuer;
const folder = mkdtempSync(join(tmpdir(), 'slipway-issuer-'));
const database = () => api.app.get(Database, { strict: false }).read;
const statusOf = async (token: string) => (await api.call(token, 'GET', '/me')).status;

/** A user of the issuer's, with tokens of the sessions named. */
function person(username: string) {
  const sub = randomUUID();
  const token = (sid: string, claims: JWTPayload = {}) =>
    issuer.sign({ sub, sid, preferred_username: username, azp: 'slipway-portal', ...claims });
  return { sub, token };
}

const tell = async (logout_token: string) => {
  const body = new URLSearchParams({ logout_token });
  const answer = await fetch(`${api.url}/oidc/backchannel-logout`, { method: 'POST', body });
  return answer.status;
};

/** Does what the worker would do, and forgets it. */
async function runJobs(): Promise<number> {
  const messages = await database().outboxMessage.findMany({ where: { name: endIssuerSessions.name } });
  const processor = new EndIssuerSessionsProcessor(new IssuerAdministration(api.config));
  for (const { id, payload } of messages) {
    const context = { id, attempt: 1, isLastAttempt: false, signal: new AbortController().signal };
    await processor.run(endIssuerSessions.payload.parse(payload), context);
    await database().outboxMessage.delete({ where: { id } });
  }
  return messages.length;
}

beforeAll(async () => {
  issuer = await startTestIssuer();
  const file = join(folder, 'issuer-client');
  writeFileSync(file, testIssuerSecret, { mode: 0o600 });
  const admin = await issuer.sign({ sub: randomUUID(), preferred_username: 'root', groups: ['slipway-admins'] });
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    env: { SLIPWAY_ISSUER_URL: issuer.url, SLIPWAY_ISSUER_CLIENT_SECRET_FILE: file },
    admin,
  });
});
afterAll(async () => {
  await api?.close();
  await issuer?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('while the issuer cannot be reached', () => {
  it('nobody is told that his token is bad: 503, not 401, until its keys have been read once', async () => {
    const { token } = person('early');
    const first = await token(randomUUID());
    await issuer.stop();
    const answer = await api.call(first, 'GET', '/me');
    expect([answer.status, answer.body.code]).toEqual([503, 'issuer-unavailable']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await tell(await issuer.signLogout({ sid: 'x' }))).toBe(503);
    // What needs no issuer is judged as ever.
    expect((await api.call('slp_pat_nothing', 'GET', '/me')).status).toBe(401);
    expect((await api.call('a.b.c', 'GET', '/me')).status).toBe(401);
    await issuer.start();
    await expect.poll(() => statusOf(first), { timeout: 5_000 }).toBe(200);
  });

  it('tokens of known keys work on, and those of a new key are neither good nor bad', async () => {
    const { token } = person('late');
    expect(await statusOf(await token(randomUUID()))).toBe(200);
    await issuer.stop();
    expect(await statusOf(await token(randomUUID()))).toBe(200);
    await issuer.rotateKey('second');
    const fresh = await token(randomUUID());
    await expect.poll(() => statusOf(fresh), { timeout: 5_000 }).toBe(503);
    await issuer.start();
    await expect.poll(() => statusOf(fresh), { timeout: 5_000 }).toBe(200);
  });

  it('keys that nobody has are asked for once a second at most', async () => {
    const { token } = person('loud');
    const before = issuer.keyRequests();
    const claims = { preferred_username: 'loud' };
    const kids = ['../../etc/passwd', "' OR 1=1 --", '__proto__', 'constructor', ...Array(30).keys()].map(String);
    const forged = await Promise.all(kids.map((kid) => issuer.sign({ sub: randomUUID(), ...claims }, kid)));
    const statuses = await Promise.all(forged.map(statusOf));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(issuer.keyRequests() - before).toBeLessThanOrEqual(3);
    expect(await statusOf(await token(randomUUID()))).toBe(200);
  });
});

describe('back-channel logout', () => {
  it('ends the session that it names at once, and no other', async () => {
    const { sub, token } = person('lea');
    const [here, there] = [randomUUID(), randomUUID()];
    const [one, other] = [await token(here), await token(there)];
    expect([await statusOf(one), await statusOf(other)]).toEqual([200, 200]);
    expect(await tell(await issuer.signLogout({ sub, sid: here }))).toBe(200);
    expect([await statusOf(one), await statusOf(other)]).toEqual([401, 200]);
    const { body } = await api.call(api.admin, 'GET', '/audit-events?action=session.end&limit=100');
    expect(body.items.some((item: { actor: string }) => item.actor === 'issuer')).toBe(true);
    // The issuer knows it already.
    expect(await runJobs()).toBe(0);
  });

  it('without a session ends all of the user', async () => {
    const { sub, token } = person('lou');
    const all = [await token(randomUUID()), await token(randomUUID())];
    for (const one of all) expect(await statusOf(one)).toBe(200);
    expect(await tell(await issuer.signLogout({ sub }))).toBe(200);
    for (const one of all) expect(await statusOf(one)).toBe(401);
  });

  it('of a session that has not been seen yet refuses its tokens when they come', async () => {
    const { sub, token } = person('lia');
    expect(await statusOf(await token(randomUUID()))).toBe(200);
    const sid = randomUUID();
    expect(await tell(await issuer.signLogout({ sub, sid }))).toBe(200);
    expect(await statusOf(await token(sid))).toBe(401);
  });

  it('works once: the same token sent again is refused', async () => {
    const { sub, token } = person('max');
    expect(await statusOf(await token(randomUUID()))).toBe(200);
    const text = await issuer.signLogout({ sub });
    const sent = await Promise.all([tell(text), tell(text), tell(text)]);
    expect(sent.sort()).toEqual([200, 400, 400]);
    const again = await token(randomUUID());
    expect(await tell(text)).toBe(400);
    expect(await statusOf(again)).toBe(200);
  });

  it('is refused when the token is not the issuer’s, not ours, not now or no logout token', async () => {
    const { sub, token } = person('mia');
    const sid = randomUUID();
    const mine = await token(sid);
    expect(await statusOf(mine)).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    const event = 'http://schemas.openid.net/event/backchannel-logout';
    const wrong: JWTPayload[] = [
      { iss: 'http://elsewhere.test/realms/slipway' },
      { aud: 'other-client' },
      { aud: 'slipway-api' },
      { exp: now - 60 },
      { iat: now + 120, exp: now + 240 },
      { iat: now - 3_600 },
      { events: undefined },
      { events: { [event]: 'yes' } },
      { events: { 'http://other': {} } },
      { nonce: 'n' },
      { jti: undefined },
      { exp: undefined },
      { sid: undefined, sub: undefined },
    ];
    for (const claims of wrong) {
      expect(await tell(await issuer.signLogout({ sub, sid, ...claims })), JSON.stringify(claims)).toBe(400);
    }
    const good = await issuer.signLogout({ sub, sid });
    const [head = '', body = '', signature = ''] = good.split('.');
    const toPart = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      mine,
      '',
      `${toPart({ alg: 'none' })}.${body}.`,
      `${toPart({ alg: 'HS256', kid: 'first' })}.${body}.${signature}`,
      `${head}.${body}.${signature.slice(2)}AA`,
    ];
    for (const text of forged) expect(await tell(text), text).toBe(400);
    expect((await fetch(`${api.url}/oidc/backchannel-logout?logout_token=${good}`)).status).toBe(400);
    expect(await statusOf(mine)).toBe(200);
    // Another's word about a session counts for nothing.
    await tell(await issuer.signLogout({ sub: person('eve').sub, sid }));
    const eve = person('eva');
    await statusOf(await eve.token(randomUUID()));
    await tell(await issuer.signLogout({ sub: eve.sub, sid }));
    expect(await statusOf(mine)).toBe(200);
  });
});

describe('a session that is ended here ends at the issuer', () => {
  it('alone, when it is the one', async () => {
    const { sub, token } = person('nia');
    const [keep, gone] = [randomUUID(), randomUUID()];
    issuer.sessions.set(
      sub,
      [keep, gone].map((id) => ({ id, start: Date.now() - 1_000 })),
    );
    const mine = await token(keep);
    await statusOf(await token(gone));
    const { body } = await api.call(mine, 'GET', '/me/sessions');
    const other = body.items.find((item: { isCurrent: boolean }) => !item.isCurrent);
    expect((await api.call(mine, 'DELETE', `/me/sessions/${other.id}`)).status).toBe(204);
    expect(await runJobs()).toBe(1);
    expect(issuer.sessions.get(sub)?.map(({ id }) => id)).toEqual([keep]);
    expect((await api.call(mine, 'DELETE', '/me/sessions/current')).status).toBe(204);
    expect(await statusOf(mine)).toBe(401);
    await runJobs();
    expect(issuer.sessions.get(sub)).toEqual([]);
  });

  it('with all others but the one that asks, and none that began later', async () => {
    const { sub, token } = person('noa');
    const [keep, old, later] = [randomUUID(), randomUUID(), randomUUID()];
    const start = Date.now() - 1_000;
    issuer.sessions.set(
      sub,
      [keep, old].map((id) => ({ id, start })),
    );
    const mine = await token(keep);
    expect((await api.call(mine, 'DELETE', '/me/sessions')).status).toBe(204);
    issuer.sessions.get(sub)?.push({ id: later, start: Date.now() + 60_000 });
    await runJobs();
    expect(issuer.sessions.get(sub)?.map(({ id }) => id)).toEqual([keep, later]);
  });

  it.each([
    ['disabled', 'PATCH', { isDisabled: true }],
    ['deleted', 'DELETE', undefined],
  ])('when the user is %s', async (name, method, change) => {
    const { sub, token } = person(`was-${name}`);
    issuer.sessions.set(sub, [{ id: randomUUID(), start: Date.now() - 1_000 }]);
    await statusOf(await token(randomUUID()));
    expect((await api.call(api.admin, method, `/users/was-${name}`, change)).status).toBeLessThan(300);
    expect(await runJobs()).toBe(1);
    expect(issuer.sessions.get(sub)).toEqual([]);
  });

  it('later, when the issuer is away: the work is tried again', async () => {
    const { sub, token } = person('ole');
    issuer.sessions.set(sub, [{ id: randomUUID(), start: Date.now() - 1_000 }]);
    const mine = await token(randomUUID());
    await statusOf(mine);
    await api.call(api.admin, 'DELETE', '/users/ole/sessions');
    expect(await statusOf(mine)).toBe(401);
    await issuer.stop();
    await expect(runJobs()).rejects.toThrow();
    await issuer.start();
    await runJobs();
    expect(issuer.sessions.get(sub)).toEqual([]);
  });
});
