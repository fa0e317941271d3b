import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { webhookContext } from '../audit/sealed-webhooks.store.js';
import { sealContext } from '../config/secret-values.service.js';
import { secondFactorContext } from '../identity/sealed-second-factors.store.js';
import { Crypto, keyIdOf } from '../kernel/crypto/crypto.js';
import { newId } from '../kernel/ids/ids.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { RewrapProcessor } from './keys.jobs.js';
import { KeysModule } from './keys.module.js';

let api: TestApi;
let database: pg.Client;
const placement = newId();
const context = { id: 'x', attempt: 1, isLastAttempt: false, signal: new AbortController().signal };

beforeAll(async () => {
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [KeysModule],
    env: { SLIPWAY_MASTER_KEY_DIR: mkdtempSync(path.join(tmpdir(), 'slipway-ring-')) },
  });
  database = new pg.Client({ connectionString: api.config.databaseUrl });
  await database.connect();
  // 120 versions of the config of a placement that is not there, so that only this table matters.
  for (const field of ['tenantId', 'placementId'])
    await database.query(`ALTER TABLE config_versions DROP CONSTRAINT "config_versions_${field}_fkey"`);
  for (let number = 1; number <= 120; number++) {
    const sealed = api.app.get(Crypto).seal(`value-${number}`, sealContext(placement, 'TOKEN'));
    await database.query(
      `INSERT INTO config_versions (id, "tenantId", scope, "ownerId", "placementId", number, variables, secrets, hash,
         "nameCount", "byteCount", "createdBy")
       VALUES ($1, $2, 'application', $3, $3, $4, '{}', $5, 'h', 1, 1, 'olga')`,
      [newId(), newId(), placement, number, { TOKEN: { version: number, sealed, updatedAt: '' } }],
    );
  }
});
afterAll(async () => {
  await database?.end();
  await api?.close();
});

const list = async () => (await api.call(api.admin, 'GET', '/encryption-keys')).body;

describe('rotation of the master key', () => {
  it('rewraps all secrets under the new key, which open as before, and lets the old one go only then', async () => {
    const [old] = (await list()).items;
    expect(old).toMatchObject({ state: 'primary', source: 'file', secrets: 120, since: expect.any(String) });
    expect((await list()).rotation).toBeNull();
    const [user, rule] = [newId(), newId()];
    await database.query('ALTER TABLE second_factors DROP CONSTRAINT "second_factors_userId_fkey"');
    await database.query('INSERT INTO second_factors ("userId", secret) VALUES ($1, $2)', [
      user,
      api.app.get(Crypto).seal('factor', secondFactorContext(user)),
    ]);
    await database.query(
      `INSERT INTO audit_rules (id, name, filter, severity, "webhookSecret", "createdBy", "updatedAt")
       VALUES ($1, 'calls', '{}', 'info', $2, 'olga', now()), ($3, 'silent', '{}', 'info', NULL, 'olga', now())`,
      [rule, api.app.get(Crypto).seal('signed', webhookContext(rule)), newId()],
    );
    const rotated = await api.call(api.admin, 'POST', '/encryption-keys/rotate');
    expect(rotated.status).toBe(202);
    const { primary, operation } = rotated.body;
    expect((await api.call(api.admin, 'DELETE', `/encryption-keys/${old.id}`)).body.code).toBe('encryption-key-in-use');
    expect((await api.call(api.admin, 'DELETE', `/encryption-keys/${primary}`)).body.code).toBe(
      'encryption-key-in-use',
    );

    // Told to stop at once, as when the worker ends: nothing is lost, the next run goes on.
    const stopped = { ...context, signal: AbortSignal.abort() };
    await expect(api.app.get(RewrapProcessor).run({ operation }, stopped)).rejects.toThrow();
    await api.app.get(RewrapProcessor).run({ operation }, context);
    await api.app.get(RewrapProcessor).run({ operation }, context);
    const { rows } = await database.query('SELECT number, secrets FROM config_versions ORDER BY number');
    for (const { number, secrets } of rows) {
      expect(keyIdOf(secrets.TOKEN.sealed)).toBe(primary);
      expect(secrets.TOKEN.version).toBe(number);
      expect(api.app.get(Crypto).open(secrets.TOKEN.sealed, sealContext(placement, 'TOKEN'))).toBe(`value-${number}`);
    }
    const factor = await database.query('SELECT secret FROM second_factors');
    expect(keyIdOf(factor.rows[0].secret)).toBe(primary);
    expect(api.app.get(Crypto).open(factor.rows[0].secret, secondFactorContext(user))).toBe('factor');
    const webhook = await database.query('SELECT "webhookSecret" AS secret FROM audit_rules WHERE id = $1', [rule]);
    expect(api.app.get(Crypto).open(webhook.rows[0].secret, webhookContext(rule))).toBe('signed');
    expect((await api.call(api.admin, 'GET', `/operations/${operation}`)).body.state).toBe('succeeded');

    expect((await api.call(api.admin, 'DELETE', `/encryption-keys/${old.id}`)).status).toBe(204);
    expect((await list()).items).toMatchObject([{ id: primary, state: 'primary', source: 'folder', secrets: 122 }]);
    expect(await list()).toMatchObject({ missing: 0, rotation: { operation, state: 'succeeded', progress: 100 } });
    expect((await api.call(api.admin, 'DELETE', `/encryption-keys/${old.id}`)).status).toBe(404);
  });

  it("is the platform's alone", async () => {
    const owner = await api.createUser('olga');
    await api.call(api.admin, 'POST', '/tenants', { name: 'acme', owner: 'olga' });
    expect((await api.call(owner, 'GET', '/encryption-keys')).status).toBe(403);
    expect((await api.call(owner, 'POST', '/encryption-keys/rotate')).status).toBe(403);
  });
});
