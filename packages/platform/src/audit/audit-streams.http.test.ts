import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { AuditService } from './audit.service.js';
import { AuditSealer } from './audit-sealer.service.js';
import { AuditStreamRunner } from './audit-stream-runner.service.js';
import { AuditStreamSender } from './audit-stream-sender.service.js';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let api: TestApi;
let database: pg.Client;
let owner: string;
let tenant: { id: string; name: string };
let http: Server;
let syslog: ReturnType<typeof createTcp>;
const calls: Call[] = [];
const received: string[] = [];
let answer = 200;
const portOf = (server: { address(): AddressInfo | string | null }) => (server.address() as AddressInfo).port;

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate that signed itself, for this name. */
function makeCertificate(name: string): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-tls-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const names = ['-subj', '/CN=syslog', '-addext', `subjectAltName=${name}`];
  const form = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...form, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return made;
}

beforeAll(async () => {
  // Not the worker's loop: the tests say when.
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    env: { SLIPWAY_OUTGOING_ALLOW: '127.0.0.0/8' },
  });
  database = new pg.Client({ connectionString: api.config.databaseUrl });
  await database.connect();
  owner = await api.createUser('olga');
  for (const name of ['acme', 'globex']) await api.call(api.admin, 'POST', '/tenants', { name, owner: 'olga' });
  tenant = { id: (await api.call(owner, 'GET', '/tenants/acme')).body.id, name: 'acme' };
  http = createHttp(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    calls.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
    response.writeHead(answer).end();
  }).listen(0, '127.0.0.1');
  syslog = createTcp((socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => received.push(Buffer.concat(chunks).toString()));
  }).listen(0, '127.0.0.1');
  await Promise.all([once(http, 'listening'), once(syslog, 'listening')]);
});
afterAll(async () => {
  http?.close();
  syslog?.close();
  await database?.end();
  await api?.close();
});

const url = (path = '/hook') => `http://127.0.0.1:${portOf(http)}${path}`;
const caller = (username: string) => ({ actor: { id: null, username }, requestId: 'r', source: '192.0.2.1' });
const note = (action: string, more: object = {}) =>
  api.app.get(AuditService).note(caller('eve'), { action, resource: 'tests/1', ...more });
const create = async (body: object, path = '/audit-streams', token = api.admin) => {
  await api.app.get(AuditSealer).run();
  const made = await api.call(token, 'POST', path, body);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
};
const runner = () => {
  const get = <T>(type: abstract new (...rest: never[]) => T): T => api.app.get<T>(type, { strict: false });
  return new AuditStreamRunner(get(Database), get(AuditStreamSender), get(AuditService), get(Clock));
};
const deliver = async () => {
  await api.app.get(AuditSealer).run();
  return runner().run();
};
const state = async (name: string) => (await api.call(api.admin, 'GET', `/audit-streams/${name}`)).body;
/** As if the time to try again had come. */
const hurry = () => database.query(`UPDATE audit_streams SET "nextAt" = now() - interval '1 second'`);
const stop = (name: string) => api.call(api.admin, 'PATCH', `/audit-streams/${name}`, { isEnabled: false });

describe('a stream', () => {
  it('to a webhook sends what is meant, in order, signed, from the time on that it was made', async () => {
    await note('thing.burn');
    const target = { type: 'webhook', url: url() };
    const { webhookSecret } = await create({ name: 'hook', target, filter: { actions: ['thing.*'] } });
    expect((await state('hook')).webhookSecret).toBeNull();
    for (const at of [1, 2, 3]) await note('thing.burn', { resource: `tests/${at}` });
    await note('other.burn');
    await deliver();
    const [call] = calls.splice(0);
    expect(JSON.parse(call?.body ?? '')).toMatchObject(
      [1, 2, 3].map((at) => ({ specversion: '1.0', type: 'dev.slipway.audit.event', subject: `tests/${at}` })),
    );
    const { headers = {}, body } = call ?? {};
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(webhookSecret.slice('whsec_'.length), 'base64');
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    expect(await state('hook')).toMatchObject({ state: 'delivering', delivered: 3, lagSeconds: 0, lastError: null });
    await deliver();
    expect(calls).toEqual([]);
    await stop('hook');
  });

  it('that fails says so, waits longer each time, and then goes on where it was: no row lost, none twice', async () => {
    await create({ name: 'away', target: { type: 'webhook', url: url() }, filter: { actions: ['away.*'] } });
    answer = 500;
    await note('away.first');
    await deliver();
    expect(await state('away')).toMatchObject({
      state: 'failing',
      delivered: 0,
      lastError: 'The webhook answered 500.',
    });
    await note('away.second');
    await deliver();
    expect(calls.splice(0), 'not tried before its time').toHaveLength(1);
    await hurry();
    await deliver();
    const { rows } = await database.query(
      `SELECT failures, extract(epoch FROM "nextAt" - now()) AS pause FROM audit_streams WHERE name = 'away'`,
    );
    expect([rows[0].failures, Number(rows[0].pause) > 2]).toEqual([2, true]);
    calls.splice(0);
    answer = 204;
    await hurry();
    await deliver();
    const subjects = calls
      .splice(0)
      .flatMap(({ body }) => JSON.parse(body).map((one: { data: { action: string } }) => one.data.action));
    expect(subjects).toEqual(['away.first', 'away.second']);
    expect(await state('away')).toMatchObject({ state: 'delivering', delivered: 2 });
    const { items } = (await api.call(api.admin, 'GET', '/audit-events?action=audit-stream.fail')).body;
    expect(items, 'once, not each time').toMatchObject([{ resource: 'audit-streams/away', outcome: 'failed' }]);
    await stop('away');
  });

  it('whose worker dies after the target took a batch has it sent again by another, once the lease is over', async () => {
    await create({ name: 'dying', target: { type: 'webhook', url: url() }, filter: { actions: ['dying.*'] } });
    await note('dying.first');
    await api.app.get(AuditSealer).run();
    const sender = api.app.get(AuditStreamSender, { strict: false });
    const send = sender.send.bind(sender);
    const died = vi.spyOn(sender, 'send').mockImplementation(async (...rest) => {
      await send(...rest);
      await new Promise(() => undefined);
    });
    void runner().run();
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    died.mockRestore();
    expect(await deliver(), 'held by the dead one').toBe(0);
    await database.query(`UPDATE audit_streams SET "leasedUntil" = now() - interval '1 second' WHERE name = 'dying'`);
    await Promise.all([deliver(), deliver(), deliver()]);
    const bodies = calls.splice(0).map(({ headers }) => headers['webhook-id']);
    expect(bodies).toHaveLength(2);
    expect(bodies[0], 'with the same id, so that the receiver knows it').toBe(bodies[1]);
    await stop('dying');
  });

  it('to syslog sends messages of RFC 5424 by octet counts', async () => {
    const target = { type: 'syslog', host: '127.0.0.1', port: portOf(syslog), tls: false };
    await create({ name: 'logs', target, filter: { actions: ['sys.*'] } });
    await note('sys.one', { resource: 'tests/ö', outcome: 'denied' });
    await note('sys.two');
    await deliver();
    await vi.waitFor(() => expect(received).toHaveLength(1));
    let rest = Buffer.from(received.splice(0)[0] ?? '');
    const messages: string[] = [];
    while (rest.length > 0) {
      const space = rest.indexOf(' ');
      const size = Number(rest.subarray(0, space).toString());
      messages.push(rest.subarray(space + 1, space + 1 + size).toString());
      rest = rest.subarray(space + 1 + size);
    }
    expect(messages.map((text) => text.slice(0, 6))).toEqual(['<108>1', '<110>1']);
    expect(messages[0]).toContain('slipway - sys.one [audit@32473 id=');
    expect(JSON.parse(messages[0]?.slice(messages[0].indexOf('] {') + 2) ?? '')).toMatchObject({ resource: 'tests/ö' });
    const secure = { type: 'syslog', host: '127.0.0.1', port: portOf(syslog) };
    await api.call(api.admin, 'PATCH', '/audit-streams/logs', { target: { ...secure, tls: true } });
    syslog.once('connection', (socket) => socket.destroy());
    const tested = await api.call(api.admin, 'POST', '/audit-streams/logs/test', {});
    expect(tested.body).toMatchObject({ isDelivered: false, error: expect.stringContaining('The connection failed') });
    await stop('logs');
  });

  it.skipIf(!hasOpenssl)('to syslog over TLS trusts the authority that it is given, and nobody else', async () => {
    const [ours, other] = [makeCertificate('IP:127.0.0.1'), makeCertificate('IP:127.0.0.1')];
    const elsewhere = makeCertificate('DNS:logs.example.com');
    const heard: string[] = [];
    const listen = async ({ key, cert }: { key: string; cert: string }) => {
      const server = createTls({ key, cert }, (socket) => {
        const chunks: Buffer[] = [];
        socket.on('data', (chunk) => chunks.push(chunk));
        socket.on('end', () => heard.push(Buffer.concat(chunks).toString()));
      }).listen(0, '127.0.0.1');
      server.on('tlsClientError', () => undefined);
      await once(server, 'listening');
      return server;
    };
    const [server, misnamed] = [await listen(ours), await listen(elsewhere)];
    const target = { type: 'syslog', host: '127.0.0.1', port: portOf(server), ca: ours.cert };
    await create({ name: 'secure', target, filter: { actions: ['tls.*'] } });
    await note('tls.one');
    await deliver();
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    expect(heard.splice(0)[0]).toContain('slipway - tls.one [audit@32473 id=');
    const test = async (change: object) => {
      await api.call(api.admin, 'PATCH', '/audit-streams/secure', { target: { ...target, ...change } });
      return (await api.call(api.admin, 'POST', '/audit-streams/secure/test', {})).body;
    };
    expect(await test({})).toMatchObject({ isDelivered: true });
    for (const change of [
      { ca: other.cert },
      { ca: undefined },
      { port: portOf(misnamed), ca: elsewhere.cert },
      { port: portOf(syslog) },
    ]) {
      if (change.port === portOf(syslog)) syslog.once('connection', (socket) => socket.destroy());
      expect(await test(change), JSON.stringify(change)).toMatchObject({ isDelivered: false });
    }
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    await stop('secure');
    for (const each of [server, misnamed]) each.close();
  });

  it('to S3 puts objects that are signed by its key', async () => {
    const target = {
      type: 's3',
      endpoint: url(''),
      region: 'eu-1',
      bucket: 'logs',
      prefix: 'audit',
      accessKeyId: 'AKIA',
    };
    const missing = await api.call(api.admin, 'POST', '/audit-streams', { name: 's3', target });
    expect(missing.body.code).toBe('audit-stream-secret-missing');
    await create({ name: 's3', target, secretAccessKey: 'hush', filter: { actions: ['s3.*'] } });
    await note('s3.one');
    await note('s3.two');
    await deliver();
    await note('s3.three');
    await deliver();
    const [put, next] = calls.splice(0);
    if (!put) throw new Error('Nothing was put.');
    expect(next, 'the next object comes a minute later').toBeUndefined();
    expect(put).toMatchObject({
      method: 'PUT',
      path: expect.stringMatching(/^\/logs\/audit\/\d{4}\/\d\d\/\d\d\/\d{16}-\d{16}\.ndjson$/),
    });
    const actions = put.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).action);
    expect(actions).toEqual(['s3.one', 's3.two']);
    expect(put.headers.authorization).toBe(signatureOf(put, 'AKIA', 'hush', 'eu-1'));
    await stop('s3');
  });

  it('keeps its secrets: sealed in the table, struck out of answers and of the audit log', async () => {
    const { rows } = await database.query('SELECT credentials FROM audit_streams');
    expect(rows.every(({ credentials }) => credentials === null || credentials.startsWith('v2.'))).toBe(true);
    const { body } = await api.call(api.admin, 'GET', '/audit-streams');
    const log = await api.call(api.admin, 'GET', '/audit-events?action=audit-stream.*&limit=200');
    for (const text of [JSON.stringify(body), JSON.stringify(log.body)]) {
      expect(text).not.toContain('hush');
      expect(text).not.toContain('whsec_');
    }
    const moved = await api.call(api.admin, 'PATCH', '/audit-streams/s3', {
      target: { ...body.items.find((item: { name: string }) => item.name === 's3').target, endpoint: url('/other') },
    });
    expect(moved.body.code, 'a kept secret is for the address it was given for').toBe('audit-stream-secret-missing');
  });

  it('of a tenant sees the tenant’s rows alone, and is another tenant’s in no way', async () => {
    await create({ name: 'mine', target: { type: 'webhook', url: url() } }, '/tenants/acme/audit-streams', owner);
    const globex = { id: (await api.call(owner, 'GET', '/tenants/globex')).body.id, name: 'globex' };
    await deliver();
    calls.splice(0);
    await note('shop.open', { tenant, resource: 'tenants/acme/x' });
    await note('shop.open', { tenant: globex, resource: 'tenants/globex/x' });
    await note('shop.open');
    await deliver();
    const sent = calls.splice(0).flatMap(({ body }) => JSON.parse(body).map((one: { subject: string }) => one.subject));
    expect(sent).toEqual(['tenants/acme/x']);
    expect((await api.call(owner, 'GET', '/tenants/globex/audit-streams/mine')).status).toBe(404);
    expect((await api.call(api.admin, 'GET', '/audit-streams/mine')).status).toBe(404);
    const filter = { tenant: 'globex' };
    const theirs = { name: 'theirs', target: { type: 'webhook', url: url() }, filter };
    const refused = await api.call(owner, 'POST', '/tenants/acme/audit-streams', theirs);
    expect(refused.body.code).toBe('audit-rule-tenant-fixed');
  });

  it.each([
    [{ type: 'webhook', url: 'http://10.0.0.1/' }],
    [{ type: 'webhook', url: 'http://169.254.169.254/latest' }],
    [{ type: 'syslog', host: '192.168.0.1', port: 514 }],
    [{ type: 'syslog', host: '::1', port: 514 }],
    [{ type: 's3', endpoint: 'http://[fd00::1]/', bucket: 'logs', accessKeyId: 'x' }],
  ])('is refused to %j', async (target) => {
    const body = { name: 'inside', target, secretAccessKey: 'x' };
    expect((await api.call(api.admin, 'POST', '/audit-streams', body)).body.code).toBe('url-not-allowed');
  });

  it('is tried by hand, changed with its version, named once, and deleted', async () => {
    const tested = await api.call(api.admin, 'POST', '/audit-streams/hook/test', {});
    expect(tested.body).toMatchObject({ isDelivered: true, error: null });
    expect(JSON.parse(calls.splice(0)[0]?.body ?? '')).toMatchObject([{ data: { action: 'audit-stream.test' } }]);
    const twice = await api.call(api.admin, 'POST', '/audit-streams', {
      name: 'hook',
      target: { type: 'webhook', url: url() },
    });
    expect(twice.body.code).toBe('audit-stream-name-taken');
    const stale = await api.call(api.admin, 'PATCH', '/audit-streams/hook', {}, { 'if-match': '"99"' });
    expect(stale.status).toBe(412);
    expect((await api.call(api.admin, 'DELETE', '/audit-streams/hook')).status).toBe(204);
    expect((await api.call(api.admin, 'GET', '/audit-streams/hook')).status).toBe(404);
  });
});

/** As the document of Signature Version 4 says, told apart from the library that signs. */
function signatureOf({ method, path, headers, body }: Call, key: string, secret: string, region: string): string {
  const hmac = (by: Buffer | string, text: string) => createHmac('sha256', by).update(text).digest();
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const names = /SignedHeaders=([^,]+)/.exec(String(headers.authorization))?.[1] ?? '';
  expect(names.split(';')).toEqual(expect.arrayContaining(['host', 'x-amz-content-sha256', 'x-amz-date']));
  expect(headers['x-amz-content-sha256']).toBe(sha256(body));
  const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`);
  const canonical = [method, path, '', lines.join(''), names, sha256(body)].join('\n');
  const at = String(headers['x-amz-date']);
  const scope = `${at.slice(0, 8)}/${region}/s3/aws4_request`;
  const signing = hmac(hmac(hmac(hmac(`AWS4${secret}`, at.slice(0, 8)), region), 's3'), 'aws4_request');
  const signature = hmac(signing, ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}
