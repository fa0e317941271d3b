import { createPublicKey, verify } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { platformChain } from './audit.rules.js';
import { AuditService } from './audit.service.js';
import { ExportAuditProcessor } from './audit-exports.jobs.js';
import { AuditRetention } from './audit-retention.service.js';
import { AuditSealer } from './audit-sealer.service.js';
import { AuditWorkerModule } from './audit-worker.module.js';
import { genesisHash, hashRecord, statementText, toRecord } from './chain.rules.js';

let api: TestApi;
let database: pg.Client;
let owner: string;
const system = { actor: { id: null, username: 'system:test' }, requestId: 'request-1', source: '10.0.0.1' };
const signal = new AbortController().signal;

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [AuditWorkerModule],
    env: { SLIPWAY_AUDIT_CHECKPOINT_SECONDS: '0', SLIPWAY_AUDIT_KEEP_DAYS: '100' },
  });
  database = new pg.Client({ connectionString: api.config.databaseUrl });
  await database.connect();
  owner = await api.createUser('olga');
  await api.createUser('stranger');
  for (const name of ['acme', 'globex']) await api.call(api.admin, 'POST', '/tenants', { name, owner: 'olga' });
});
afterAll(async () => {
  await database?.end();
  await api?.close();
});

/** Until all is sealed and signed: the worker's own loop may be the one that does it. */
async function seal(): Promise<void> {
  for (;;) {
    await api.app.get(AuditSealer).run();
    const { rows } = await database.query(
      `SELECT 1 FROM audit_events WHERE position IS NULL UNION ALL SELECT 1 FROM audit_chains WHERE seq > checkpoint`,
    );
    if (rows.length === 0) return;
  }
}
const idOf = async (tenant: string): Promise<string> => (await api.call(owner, 'GET', `/tenants/${tenant}`)).body.id;
const note = (action: string, more: object = {}) =>
  api.app.get(AuditService).note(system, { action, resource: 'tests/1', ...more });
const readChain = async (chain: string) => {
  const { rows } = await database.query(
    'SELECT * FROM audit_events WHERE chain = $1 AND seq IS NOT NULL ORDER BY seq',
    [chain],
  );
  return rows;
};

describe('the chain', () => {
  it('has each row once, without gaps, each bound to the one before, however many seal at once', async () => {
    const tenant = { id: await idOf('acme'), name: 'acme' };
    const writes = Array.from({ length: 60 }, (_, n) => note(`test.${n}`, n % 2 ? { tenant } : {}));
    await Promise.all([...writes, seal(), seal(), seal(), seal()]);
    await seal();
    for (const chain of [platformChain, tenant.id]) {
      let prevHash = genesisHash;
      const rows = await readChain(chain);
      expect(rows.length).toBeGreaterThanOrEqual(30);
      rows.forEach((row, index) => {
        expect(Number(row.seq)).toBe(index + 1);
        expect(row.prevHash).toBe(prevHash);
        expect(row.hash).toBe(hashRecord(toRecord(row), index + 1, prevHash));
        prevHash = row.hash;
      });
    }
    const { rows } = await database.query('SELECT count(*), max(position) FROM audit_events');
    expect(rows[0].count).toBe(rows[0].max);
  });

  it('is signed where it stands, by a key that everybody can read', async () => {
    await note('test.signed');
    await seal();
    const { checkpoint, sealed, hash, waiting } = (await api.call(api.admin, 'GET', '/audit-state')).body;
    expect({ seq: checkpoint.seq, hash: checkpoint.hash, waiting }).toEqual({ seq: sealed, hash, waiting: 0 });
    const { keys } = (await api.call(undefined, 'GET', '/audit/keys')).body;
    expect(JSON.stringify(keys)).not.toContain('"d"');
    const { signature, ...rest } = checkpoint;
    const text = statementText({ type: 'checkpoint', chain: platformChain, ...rest });
    const key = createPublicKey({ key: keys[0], format: 'jwk' });
    expect(verify(null, text, key, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it.each([
    ['changing a sealed row', `UPDATE audit_events SET actor = 'x' WHERE seq = 1`],
    ['sealing a row again', `UPDATE audit_events SET hash = 'x' WHERE seq = 1`],
    ['changing a row while sealing it', `UPDATE audit_events SET actor = 'x', position = 1000000 WHERE seq IS NULL`],
    ['deleting a sealed row', 'DELETE FROM audit_events WHERE seq = 1'],
    ['deleting a row that is not sealed', 'DELETE FROM audit_events WHERE seq IS NULL'],
    ['emptying the table', 'TRUNCATE audit_events'],
    ['changing a checkpoint', `UPDATE audit_checkpoints SET hash = 'x'`],
    ['deleting checkpoints', 'DELETE FROM audit_checkpoints'],
  ])('refuses %s', async (_, statement) => {
    await database.query(`BEGIN`);
    await database.query(
      `INSERT INTO audit_events (id, actor, action, resource, "requestId", chain)
       VALUES (gen_random_uuid(), 'a', 'b', 'c', 'd', '${platformChain}')`,
    );
    await expect(database.query(statement)).rejects.toThrow('append-only');
    await database.query('ROLLBACK');
  });
});

describe('a call that was refused', () => {
  const find = async (resource: string) =>
    (await api.call(api.admin, 'GET', `/audit-events?action=access.deny&resource=${resource}`)).body.items;

  it('is noted with who, what and where, in the chain of the tenant that it was about', async () => {
    const stranger = await api.login('stranger');
    expect((await api.call(stranger, 'DELETE', '/tenants/acme?dry=1')).status).toBe(404);
    expect((await api.call(stranger, 'GET', '/tenants/nobody/projects')).status).toBe(404);
    expect((await api.call(stranger, 'GET', '/users')).status).toBe(403);
    expect((await api.call(undefined, 'GET', '/tenants/acme/projects')).status).toBe(401);
    expect((await api.call(owner, 'GET', '/tenants/acme/projects/none')).status).toBe(404);
    const after = { method: 'DELETE', status: 404 };
    await expect
      .poll(() => find('tenants/acme'))
      .toMatchObject([{ actor: 'stranger', outcome: 'denied', tenant: 'acme', resource: 'tenants/acme', after }]);
    await expect.poll(() => find('users')).toMatchObject([{ actor: 'stranger', tenant: null }]);
    expect(await find('tenants/nobody')).toEqual([]);
  });
});

describe('search', () => {
  it('pages through all of it once, and takes beginnings and texts for what they are', async () => {
    for (const path of ['a_b/x', 'a_b', 'a_bc', 'a_b-c/x', 'axb/x', 'a%b/x'])
      await note('Odd.action', { resource: `odd/${path}` });
    const found = async (query: string) => {
      const seen: string[] = [];
      for (let cursor = ''; ; ) {
        const more = cursor && `&cursor=${cursor}`;
        const { items, nextCursor } = (await api.call(api.admin, 'GET', `/audit-events?limit=2&${query}${more}`)).body;
        seen.push(...items.map((item: { resource: string }) => item.resource));
        if (!nextCursor) return seen;
        cursor = nextCursor;
      }
    };
    expect(await found('action=Odd.*')).toEqual(
      ['a%b/x', 'axb/x', 'a_b-c/x', 'a_bc', 'a_b', 'a_b/x'].map((path) => `odd/${path}`),
    );
    expect(await found('resource=odd/a_b')).toEqual(['odd/a_b', 'odd/a_b/x']);
    expect(await found('action=Odd.action&q=A_B/X')).toEqual(['odd/a_b/x']);
    await seal();
    expect(await found('q=a%25b/')).toEqual(['odd/a%b/x']);
    expect(await found('action=Odd.actio')).toEqual([]);
  });

  it('narrows by each filter, newest first', async () => {
    await note('login.password', { outcome: 'denied', resource: 'users/eve' });
    const count = async (query: string) =>
      (await api.call(api.admin, 'GET', `/audit-events?${query}`)).body.items.length;
    expect(await count('outcome=denied&action=login.*')).toBe(1);
    expect(await count('action=login.*&resource=users')).toBe(1);
    expect(await count('action=login.*&resource=user')).toBe(0);
    expect(await count('q=EVE')).toBe(1);
    expect(await count('source=10.0.0.1&actor=system:test&action=login.password')).toBe(1);
    expect(await count('tenant=-&action=project.*')).toBe(0);
    expect(await count('to=2020-01-01T00:00:00Z')).toBe(0);
    expect((await api.call(api.admin, 'GET', '/audit-events?outcome=maybe')).status).toBe(400);
    const { items } = (await api.call(owner, 'GET', '/tenants/acme/audit-events?limit=5')).body;
    expect(items).toHaveLength(5);
    expect([...items].sort((a, b) => b.at.localeCompare(a.at))).toEqual(items);
    expect(new Set(items.map((item: { tenant: string }) => item.tenant))).toEqual(new Set(['acme']));
  });
});

describe('an export', () => {
  const create = async (path: string, token: string) => {
    const created = await api.call(token, 'POST', path, {});
    expect(created.status).toBe(202);
    await api.app
      .get(ExportAuditProcessor)
      .run({ id: created.body.id }, { id: 'x', attempt: 1, isLastAttempt: false, signal });
    return created.body.id as string;
  };

  it('has the whole chain of its tenant and nothing of another, with its checkpoints and a signed end', async () => {
    const id = await create('/tenants/acme/audit-exports', owner);
    const url = `${api.url}/api/v1/tenants/acme/audit-exports/${id}/content`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${owner}` } });
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    const text = await answer.text();
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const events = lines.filter((line) => line.type === 'event');
    expect(lines[0]).toMatchObject({
      type: 'manifest',
      tenant: 'acme',
      chains: [{ firstSeq: 1, lastSeq: events.length }],
    });
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(new Set(events.map((event) => event.tenant))).toEqual(new Set(['acme']));
    expect(lines.some((line) => line.type === 'checkpoint')).toBe(true);
    expect(lines.at(-1)).toMatchObject({ type: 'end', rows: events.length, keyId: 'audit-test' });
    const { body } = await api.call(owner, 'GET', `/tenants/acme/audit-exports/${id}`);
    expect(body).toMatchObject({ state: 'ready', rows: events.length, sizeBytes: Buffer.byteLength(text) });
    expect((await api.call(owner, 'GET', `/operations/${body.operation}`)).body.state).toBe('succeeded');
  });

  it('is nothing that another tenant can see', async () => {
    const id = await create('/tenants/acme/audit-exports', owner);
    expect((await api.call(owner, 'GET', `/tenants/globex/audit-exports/${id}`)).status).toBe(404);
    expect((await api.call(owner, 'GET', `/tenants/globex/audit-exports/${id}/content`)).status).toBe(404);
    expect((await api.call(owner, 'GET', `/audit-exports/${id}`)).status).toBe(403);
    expect((await api.call(owner, 'POST', '/audit-exports', {})).status).toBe(403);
  });
});

describe('the signing key', () => {
  it('is rotated by an administrator; what the old one signed stays verifiable', async () => {
    await note('test.before');
    await seal();
    const { checkpoint } = (await api.call(api.admin, 'GET', '/audit-state')).body;
    expect((await api.call(owner, 'POST', '/audit/keys/rotate')).status).toBe(403);
    const { keys } = (await api.call(api.admin, 'POST', '/audit/keys/rotate')).body;
    expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual([
      expect.not.stringMatching('audit-test'),
      'audit-test',
    ]);
    expect(JSON.stringify(keys)).not.toContain('"d"');
    await seal();
    const now = (await api.call(api.admin, 'GET', '/audit-state')).body.checkpoint;
    expect([checkpoint.keyId, now.keyId]).toEqual(['audit-test', keys[0].kid]);
    for (const { signature, ...rest } of [checkpoint, now]) {
      const jwk = keys.find(({ kid }: { kid: string }) => kid === rest.keyId);
      const text = statementText({ type: 'checkpoint', chain: platformChain, ...rest });
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      expect(verify(null, text, key, Buffer.from(signature, 'base64url'))).toBe(true);
    }
  });
});

describe('retention', () => {
  it('has a least time that no tenant goes under', async () => {
    expect((await api.call(owner, 'PATCH', '/tenants/acme/audit-state', { keepDays: 5 })).body.code).toBe(
      'audit-retention-too-short',
    );
    expect((await api.call(owner, 'PATCH', '/tenants/acme/audit-state', { keepDays: 95 })).body.keepDays).toBe(95);
  });

  it('removes the old beginning of a chain, leaves a signed stub, and nothing else', async () => {
    const chain = await idOf('globex');
    const insert = (days: number) =>
      database.query(
        `INSERT INTO audit_events (id, at, actor, action, resource, "requestId", "tenantId", tenant, chain)
         VALUES (gen_random_uuid(), now() - $1 * interval '1 day', 'a', 'old', 'c', 'd', $2, 'globex', $2)`,
        [days, chain],
      );
    await seal();
    const fresh = (await readChain(chain)).length;
    expect(await api.app.get(AuditRetention).run()).toBe(0);
    // What is old but stands behind what is fresh stays: only a beginning can go.
    await insert(200);
    await seal();
    expect(await api.app.get(AuditRetention).run()).toBe(0);
    expect(await readChain(chain)).toHaveLength(fresh + 1);
  });

  it('cuts a chain whose first rows are old', async () => {
    const chain = '11111111-1111-7111-8111-111111111111';
    for (const days of [300, 200, 1]) {
      await database.query(
        `INSERT INTO audit_events (id, at, actor, action, resource, "requestId", "tenantId", tenant, chain)
         VALUES (gen_random_uuid(), now() - $1 * interval '1 day', 'a', 'old', 'c', 'd', $2, 'gone', $2)`,
        [days, chain],
      );
      await seal();
    }
    const before = await readChain(chain);
    // Nothing goes that a follower has not read, which may be one row now and one later.
    let removed = 0;
    const remove = async () => {
      removed += await api.app.get(AuditRetention).run();
      return removed;
    };
    await expect.poll(remove, { timeout: 10_000 }).toBe(2);
    const after = await readChain(chain);
    expect(after.map((row) => row.seq)).toEqual(['3']);
    const { rows } = await database.query('SELECT * FROM audit_chains WHERE id = $1', [chain]);
    expect(rows[0]).toMatchObject({ removedSeq: '2', removedHash: before[1].hash });
    expect(rows[0].stub).toMatchObject({
      type: 'stub',
      chain,
      seq: 2,
      hash: after[0].prevHash,
      keyId: expect.any(String),
    });
  });
});
