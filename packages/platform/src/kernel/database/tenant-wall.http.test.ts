import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/test-api.js';
import { Database } from './database.js';
import { asTenant } from './tenant-wall.js';

let api: TestApi;
let session: pg.Client;
const tables: string[] = [];
const tenants: Record<string, string> = {};

beforeAll(async () => {
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl') });
  session = new pg.Client({ connectionString: api.config.databaseUrl });
  await session.connect();
  for (const name of ['acme', 'globex']) {
    const owner = await api.createUser(`owner-of-${name}`);
    tenants[name] = (await api.call(api.admin, 'POST', '/tenants', { name, owner: `owner-of-${name}` })).body.id;
    await api.call(owner, 'POST', `/tenants/${name}/projects`, { name: 'shop' });
  }
  const { rows } = await session.query(
    `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'tenantId' AND table_schema = 'public'`,
  );
  tables.push(...rows.map((row) => row.name));
});
afterAll(async () => {
  await session?.end();
  await api?.close();
});

const work = (tenant: string) => session.query(`SELECT set_config('slipway.tenant', $1, false)`, [tenant]);
const count = async (table: string, where = 'true') =>
  Number((await session.query(`SELECT count(*) FROM "${table}" WHERE ${where}`)).rows[0].count);

describe('in a session of one tenant, raw SQL', () => {
  it('stands behind a policy in every table with a tenant', async () => {
    expect(tables.length).toBeGreaterThan(20);
    const { rows } = await session.query(
      `SELECT relname FROM pg_class WHERE relname = ANY ($1) AND relnamespace = 'public'::regnamespace
       AND NOT (relrowsecurity AND relforcerowsecurity)`,
      [tables],
    );
    expect(rows).toEqual([]);
    await work('*');
    for (const table of ['projects', 'environments', 'events', 'audit_events', 'role_bindings'])
      expect(await count(table, `"tenantId" = '${tenants['globex']}'`), table).toBeGreaterThan(0);
  });

  it('reads, changes, deletes and adds nothing of another', async () => {
    await work(tenants['acme'] ?? '');
    expect(await count('projects')).toBe(1);
    const other = `"tenantId" = '${tenants['globex']}'`;
    for (const table of tables) {
      expect(await count(table, other), table).toBe(0);
      const guarded = table === 'audit_events';
      const { rowCount } = await session.query(`UPDATE "${table}" SET "tenantId" = "tenantId" WHERE ${other}`);
      expect(rowCount, table).toBe(0);
      if (!guarded) expect((await session.query(`DELETE FROM "${table}" WHERE ${other}`)).rowCount, table).toBe(0);
    }
    const steal = `UPDATE projects SET "tenantId" = '${tenants['globex']}'`;
    await expect(session.query(steal)).rejects.toThrow('row-level security');
    await expect(
      session.query(`INSERT INTO events ("tenantId", type, resource) VALUES ('${tenants['globex']}', 'x', 'y')`),
    ).rejects.toThrow('row-level security');
  });

  it.each([[''], ['nobody'], ["' OR true --"]])('that names %j as its tenant finds nothing of any', async (tenant) => {
    await work(tenant);
    for (const table of tables) expect(await count(table, '"tenantId" IS NOT NULL'), table).toBe(0);
  });
});

describe("the platform's own connections", () => {
  it('keep apart what many tenants ask in the same turn', async () => {
    const database = api.app.get(Database);
    await work('*');
    const { rows } = await session.query('SELECT id, "tenantId" FROM projects');
    const find = (id: string) => database.read.project.findUnique({ where: { id }, select: { id: true } });
    const asked = Array.from({ length: 40 }, (_, n) => n).flatMap(() =>
      rows.flatMap((row) =>
        Object.values(tenants).map(async (tenant) => ({
          isOwn: row.tenantId === tenant,
          found: await asTenant(tenant, () => find(row.id)),
        })),
      ),
    );
    for (const { isOwn, found } of await Promise.all(asked)) expect(found !== null).toBe(isOwn);
  });

  it('narrow a transaction to the tenant as well', async () => {
    const database = api.app.get(Database);
    const counts = await asTenant(tenants['acme'] ?? '', () =>
      database.transaction(async (tx) => [await tx.project.count(), await tx.environment.count()]),
    );
    expect(counts[0]).toBe(1);
    expect(await database.read.project.count()).toBe(2);
  });
});
