import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { AuditService } from './audit.service.js';
import { SendAlertProcessor } from './audit-alerts.jobs.js';
import { AuditChainCheck } from './audit-chain-check.service.js';
import { AuditRuleRunner } from './audit-rule-runner.service.js';
import { AuditSealer } from './audit-sealer.service.js';
import { AuditWorkerModule } from './audit-worker.module.js';

let api: TestApi;
let database: pg.Client;
let owner: string;
let receiver: Server;
let tenant: { id: string; name: string };
const calls: { headers: IncomingHttpHeaders; body: string }[] = [];
let answer = 200;

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [AuditWorkerModule],
    env: { SLIPWAY_OUTGOING_ALLOW: '127.0.0.0/8' },
  });
  database = new pg.Client({ connectionString: api.config.databaseUrl });
  await database.connect();
  owner = await api.createUser('olga');
  for (const name of ['acme', 'globex']) await api.call(api.admin, 'POST', '/tenants', { name, owner: 'olga' });
  tenant = { id: (await api.call(owner, 'GET', '/tenants/acme')).body.id, name: 'acme' };
  receiver = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    calls.push({ headers: request.headers, body });
    response.writeHead(answer).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterAll(async () => {
  receiver?.close();
  await database?.end();
  await api?.close();
});

const hookUrl = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
const caller = (username: string) => ({ actor: { id: null, username }, requestId: 'r', source: '192.0.2.1' });
const note = (action: string, more: object = {}, username = 'eve') =>
  api.app.get(AuditService).note(caller(username), { action, resource: 'tests/1', ...more });

/** Until the rules have judged all there is: the worker's own loop may be the one that does it. */
async function judge(): Promise<void> {
  for (;;) {
    await api.app.get(AuditSealer).run();
    await api.app.get(AuditRuleRunner).run();
    const { rows } = await database.query(
      `SELECT 1 FROM audit_events WHERE position IS NULL OR position > (SELECT position FROM audit_followers WHERE name = 'rules')`,
    );
    if (rows.length === 0) return;
  }
}
const create = async (body: object, path = '/audit-rules', token = api.admin) => {
  await judge();
  const made = await api.call(token, 'POST', path, body);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
};
const alertsOf = async (rule: string, path = '/audit-alerts', token = api.admin) =>
  (await api.call(token, 'GET', `${path}?q=${rule}`)).body.items;

describe('a rule', () => {
  it('tells once of each row that it means, and of none from before it was made', async () => {
    await note('thing.burn');
    await create({ name: 'burns', filter: { actions: ['thing.*'], actor: 'eve' }, severity: 'critical' });
    await note('thing.burn');
    await note('thing.melt');
    await note('thing.burn', {}, 'somebody');
    await note('other.burn');
    await Promise.all([judge(), judge(), judge()]);
    expect((await alertsOf('burns')).map((alert: { event: { action: string } }) => alert.event.action)).toEqual([
      'thing.melt',
      'thing.burn',
    ]);
    const { items } = (await api.call(api.admin, 'GET', '/me/notifications')).body;
    const told = items.filter((item: { data: { title: string } }) => item.data.title === 'burns');
    expect(told).toHaveLength(2);
    expect(told[0]).toMatchObject({ type: 'audit-alert', link: '/admin/audit/alerts', data: { kind: 'critical' } });
  });

  it('counts within its window, by actor, and then keeps quiet for a time', async () => {
    const filter = { actions: ['gate.knock'], outcome: 'denied' };
    await create({ name: 'knocks', filter, threshold: 3, windowSeconds: 60, groupBy: 'actor', quietSeconds: 600 });
    const at = (seconds: number, actor: string) =>
      database.query(
        `INSERT INTO audit_events (id, at, actor, action, resource, outcome, "requestId", chain)
         VALUES (gen_random_uuid(), now() + $1 * interval '1 second', $2, 'gate.knock', 'gate', 'denied', 'r',
           '00000000-0000-0000-0000-000000000000')`,
        [seconds, actor],
      );
    // Twice, and a third time too late; another actor counts for himself.
    for (const [seconds, actor] of [
      [0, 'mallory'],
      [1, 'mallory'],
      [70, 'mallory'],
      [2, 'trudy'],
    ] as const)
      await at(seconds, actor);
    await judge();
    expect(await alertsOf('knocks')).toEqual([]);
    for (const seconds of [100, 101]) await at(seconds, 'mallory');
    await judge();
    expect(await alertsOf('knocks')).toMatchObject([{ group: 'mallory', count: 3 }]);
    // Within the quiet time: one alert, that grows.
    for (const seconds of [200, 201, 202]) await at(seconds, 'mallory');
    await judge();
    expect(await alertsOf('knocks')).toMatchObject([{ group: 'mallory', count: 6 }]);
    for (const seconds of [900, 901, 902]) await at(seconds, 'mallory');
    await judge();
    expect(await alertsOf('knocks')).toHaveLength(2);
  });

  it('goes on after a crash where it was: no row twice, none left out', async () => {
    await create({ name: 'crashes', filter: { actions: ['crash.test'] } });
    await database.query(
      `CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF NEW.event ->> 'resource' = 'tests/3' THEN RAISE EXCEPTION 'crash'; END IF; RETURN NEW; END $$;
       CREATE TRIGGER crash BEFORE INSERT ON audit_alerts FOR EACH ROW EXECUTE FUNCTION crash()`,
    );
    for (const number of [1, 2, 3, 4]) await note('crash.test', { resource: `tests/${number}` });
    await api.app.get(AuditSealer).run();
    await expect(judge()).rejects.toThrow();
    await database.query('DROP TRIGGER crash ON audit_alerts');
    await judge();
    const found = await alertsOf('crashes');
    expect(found.map((alert: { event: { resource: string } }) => alert.event.resource).sort()).toEqual(
      [1, 2, 3, 4].map((number) => `tests/${number}`),
    );
  });

  it("of a tenant sees the tenant's rows, tells who may read its rules, and nobody else", async () => {
    const rule = { name: 'mine', filter: { actions: ['shop.open'] } };
    await create(rule, '/tenants/acme/audit-rules', owner);
    const globex = { id: (await api.call(owner, 'GET', '/tenants/globex')).body.id, name: 'globex' };
    await note('shop.open', { tenant });
    await note('shop.open', { tenant: globex });
    await note('shop.open');
    await judge();
    expect(await alertsOf('mine', '/tenants/acme/audit-alerts', owner)).toHaveLength(1);
    expect(await alertsOf('mine')).toEqual([]);
    expect((await api.call(owner, 'GET', '/tenants/globex/audit-rules/mine')).status).toBe(404);
    const { items } = (await api.call(owner, 'GET', '/me/notifications')).body;
    expect(items).toMatchObject([{ type: 'audit-alert', link: '/t/acme/audit/alerts' }]);
    const refused = await api.call(owner, 'POST', '/tenants/acme/audit-rules', {
      name: 'theirs',
      filter: { tenant: 'globex' },
    });
    expect(refused.body.code).toBe('audit-rule-tenant-fixed');
  });

  it('is made of a preset, changed with its version, and deleted', async () => {
    for (const { name } of (await api.call(api.admin, 'GET', '/audit-rule-presets')).body.items)
      await create({ name: `p-${name}`, preset: name });
    const { status, body } = await api.call(owner, 'POST', '/tenants/acme/audit-rules', {
      name: 'x1',
      preset: 'chain-broken',
    });
    expect([status, body.code]).toEqual([422, 'audit-rule-preset-unknown']);
    const twice = await api.call(api.admin, 'POST', '/audit-rules', { name: 'p-break-glass' });
    expect(twice.body.code).toBe('audit-rule-name-taken');
    const stale = await api.call(api.admin, 'PATCH', '/audit-rules/p-break-glass', {}, { 'if-match': '"9"' });
    expect(stale.status).toBe(412);
    const off = await api.call(api.admin, 'PATCH', '/audit-rules/p-break-glass', { isEnabled: false });
    expect(off.body).toMatchObject({ isEnabled: false, version: 2, severity: 'critical' });
    await note('request.break-glass');
    await note('secret.reveal');
    await judge();
    expect(await alertsOf('p-break-glass')).toEqual([]);
    expect(await alertsOf('p-secret-revealed')).toHaveLength(1);
    expect((await api.call(api.admin, 'DELETE', '/audit-rules/p-break-glass')).status).toBe(204);
    expect((await api.call(api.admin, 'GET', '/audit-rules/p-break-glass')).status).toBe(404);
  });

  it('calls a webhook, signed, until it is taken; where it may not, it refuses at once', async () => {
    const webhook = { channels: ['webhook'], filter: { actions: ['hook.test'] } };
    const missing = await api.call(api.admin, 'POST', '/audit-rules', { name: 'hook', ...webhook });
    expect(missing.body.code).toBe('audit-rule-webhook-missing');
    const inside = await api.call(api.admin, 'POST', '/audit-rules', {
      name: 'hook',
      ...webhook,
      webhookUrl: 'http://10.0.0.1/',
    });
    expect(inside.body.code).toBe('url-not-allowed');
    const { webhookSecret } = await create({ name: 'hook', ...webhook, webhookUrl: hookUrl() });
    expect((await api.call(api.admin, 'GET', '/audit-rules/hook')).body.webhookSecret).toBeNull();
    await note('hook.test');
    await judge();
    const [{ id, webhook: state }] = await alertsOf('hook');
    expect(state).toBe('pending');
    const send = () => api.app.get(SendAlertProcessor).run({ id });
    answer = 500;
    await expect(send()).rejects.toThrow('500');
    answer = 200;
    await send();
    await send();
    expect(calls).toHaveLength(2);
    const { headers, body } = calls[1] ?? { headers: {}, body: '' };
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(webhookSecret.slice('whsec_'.length), 'base64');
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    expect(JSON.parse(body)).toMatchObject({ specversion: '1.0', id, data: { rule: 'hook', event: { actor: 'eve' } } });
    expect((await alertsOf('hook'))[0].webhook).toBe('delivered');
  });
});

describe('the check of the chains', () => {
  it('notes once that rows are not as they were sealed', async () => {
    const round = async () => {
      for (let wrong = 0; ; ) {
        wrong += await api.app.get(AuditChainCheck).run();
        if (Reflect.get(api.app.get(AuditChainCheck), 'position') === 0n) return wrong;
      }
    };
    await judge();
    expect(await round()).toBe(0);
    // As a superuser of PostgreSQL could.
    const superuser = new pg.Client({
      connectionString: Object.assign(new URL(inject('databaseUrl')), {
        pathname: new URL(api.config.databaseUrl).pathname,
      }).href,
    });
    await superuser.connect();
    await superuser.query(`SET session_replication_role = replica`);
    await superuser.query(`UPDATE audit_events SET actor = 'nobody' WHERE action = 'hook.test'`);
    expect(await round()).toBe(1);
    expect(await round()).toBe(1);
    await judge();
    expect(await alertsOf('p-chain-broken')).toMatchObject([
      { event: { action: 'audit-chain.break', outcome: 'failed' } },
    ]);
    // A chain without its own row cannot be told to be whole.
    const { rows } = await superuser.query<{ chain: string; count: number }>(`
      SELECT chain, count(*)::int FROM audit_events WHERE position IS NOT NULL
      AND chain NOT IN (SELECT chain FROM audit_events WHERE action = 'hook.test') GROUP BY chain LIMIT 1`);
    await superuser.query('DELETE FROM audit_chains WHERE id = $1', [rows[0]?.chain]);
    expect(await round()).toBe(1 + (rows[0]?.count ?? Number.NaN));
    await superuser.end();
    // It holds up no other chain, and goes on from its last row; that is told, whenever the next look is.
    const chain = rows[0]?.chain ?? '';
    await note('rest.test', { tenant: { id: chain, name: 'acme' } });
    await note('rest.test');
    await judge();
    const { rows: last } = await database.query(
      `SELECT e."prevHash" = p.hash AS fits FROM audit_events e JOIN audit_events p ON p.chain = e.chain AND p.seq = e.seq - 1
       WHERE e.action = 'rest.test' AND e.chain = $1`,
      [chain],
    );
    expect(last).toEqual([{ fits: true }]);
    const { rows: told } = await database.query(
      `SELECT outcome FROM audit_events WHERE action = 'audit-chain.break' AND chain = $1 AND after->>'chain' = $1::text`,
      [chain],
    );
    expect(told.length).toBeGreaterThan(0);
  });
});
