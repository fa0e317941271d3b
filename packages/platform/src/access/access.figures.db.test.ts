import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Access } from '../kernel/access/access.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Database, Prisma } from '../kernel/database/index.js';
import { createToken, hashToken, newId } from '../kernel/ids/ids.js';
import { createUserActor } from '../kernel/tenancy/caller.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';

// 1,000 tenants × 100 projects × 50 members. Half a minute of its own, so only when asked for: SLIPWAY_FIGURES=1.
const isAsked = process.env['SLIPWAY_FIGURES'] === '1';
const [tenants, projects, members, users] = [1_000, 100, 50, 20_000];

let api: TestApi;
let database: Database;

const p99 = (times: number[]) => times.sort((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? 0;
const tell = (name: string, value: number, unit: string) =>
  process.stdout.write(`${name.padEnd(44)}  ${value.toFixed(value < 10 ? 2 : 1).padStart(8)} ${unit}\n`);

async function seed(): Promise<void> {
  const { read } = database;
  await read.$executeRaw`
    INSERT INTO users (id, username, "displayName", issuer, subject)
    SELECT gen_random_uuid(), 'user-' || n, 'User', 'test', 'user-' || n FROM generate_series(1, ${users}::int) n`;
  await read.$executeRaw`
    INSERT INTO tenants (id, name, "displayName")
    SELECT gen_random_uuid(), 'tenant-' || n, 'Tenant' FROM generate_series(1, ${tenants}::int) n`;
  await read.$executeRaw`
    INSERT INTO projects (id, "tenantId", name, "displayName")
    SELECT gen_random_uuid(), id, 'project-' || n, 'Project' FROM tenants, generate_series(1, ${projects}::int) n`;
  await read.$executeRaw`
    INSERT INTO role_bindings (id, "tenantId", "userId", role, "createdBy")
    SELECT gen_random_uuid(), t.id, u.id, CASE n WHEN 1 THEN 'owner' ELSE 'developer' END, 'seed'
    FROM (SELECT id, row_number() OVER () AS nr FROM tenants) t
    CROSS JOIN generate_series(1, ${members}::int) n
    JOIN (SELECT id, row_number() OVER () AS nr FROM users) u ON u.nr = (t.nr * ${members}::int + n) % ${users}::int + 1`;
  // Of every tenant a tenth of the members have a role in a project besides.
  await read.$executeRaw`
    INSERT INTO role_bindings (id, "tenantId", "projectId", "userId", role, "createdBy")
    SELECT gen_random_uuid(), p."tenantId", p.id, u.id, 'admin', 'seed'
    FROM (SELECT id, "tenantId", row_number() OVER () AS nr FROM projects WHERE name LIKE '%7') p
    JOIN (SELECT id, row_number() OVER () AS nr FROM users) u ON u.nr = p.nr % ${users}::int + 1`;
  await read.$executeRawUnsafe('ANALYZE');
}

describe.runIf(isAsked)('with 1,000 tenants × 100 projects × 50 members', () => {
  beforeAll(async () => {
    const env = { SLIPWAY_LOG_LEVEL: 'silent' };
    api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl'), env });
    database = api.app.get(Database);
    await seed();
  }, 300_000);
  afterAll(() => api?.close());

  it('a permission is checked in the process', async () => {
    const access = api.app.get(Access);
    const rows = await database.read.$queryRaw<{ userId: string; tenant: string; projectId: string }[]>`
      SELECT b."userId", t.name AS tenant,
        (SELECT p.id FROM projects p WHERE p."tenantId" = t.id LIMIT 1) AS "projectId"
      FROM role_bindings b JOIN tenants t ON t.id = b."tenantId" WHERE b."projectId" IS NULL ORDER BY random() LIMIT 5000`;
    const places = rows.map(({ userId: id, tenant, projectId }) => {
      return { actor: createUserActor({ id, username: id, platformRoles: [] }), tenant, projectId };
    });
    const check = async ({ actor, tenant, projectId }: (typeof places)[number]) => {
      const began = performance.now();
      const scope = await access.getTenantScope(actor, tenant);
      expect.soft(isAllowed(actor, scope, 'applications:write', projectId)).toBe(true);
      return performance.now() - began;
    };
    const cold: number[] = [];
    for (const place of places) cold.push(await check(place));
    const warm: number[] = [];
    for (let round = 0; round < 20; round++) {
      for (const { actor, tenant, projectId } of places) {
        const began = performance.now();
        const scope = await access.getTenantScope(actor, tenant);
        const is = isAllowed(actor, scope, 'applications:write', projectId);
        warm.push(performance.now() - began);
        if (!is) throw new Error('A member may not do what his role holds.');
      }
    }
    tell('permission check, read from PostgreSQL, p99', p99(cold) * 1000, 'µs');
    tell('permission check, in the process, p99', p99(warm) * 1000, 'µs');
  }, 300_000);

  it('lists answer', async () => {
    const owner = await database.read.roleBinding.findFirstOrThrow({
      where: { role: 'owner' },
      include: { tenant: true },
    });
    const token = createToken('slp_pat_');
    const data = {
      id: newId(),
      userId: owner.userId ?? '',
      name: 'f',
      prefix: token.slice(0, 12),
      hash: hashToken(token),
    };
    await database.read.personalToken.create({ data });
    const tenant = owner.tenant?.name ?? '';
    for (const path of [
      '/tenants',
      `/tenants/${tenant}/projects`,
      `/tenants/${tenant}/members`,
      `/tenants/${tenant}/roles`,
    ]) {
      const times: number[] = [];
      for (let call = 0; call < 300; call++) {
        const began = performance.now();
        const { status } = await api.call(token, 'GET', path);
        times.push(performance.now() - began);
        expect(status).toBe(200);
      }
      tell(`GET ${path.replace(tenant, '{tenant}')}, p99`, p99(times), 'ms');
    }
  }, 300_000);

  it('and are read by an index of the tenant', async () => {
    const { id } = await database.read.tenant.findFirstOrThrow({ select: { id: true } });
    const queries = [
      Prisma.sql`SELECT * FROM projects WHERE "tenantId" = ${id}::uuid ORDER BY name, id LIMIT 51`,
      Prisma.sql`SELECT * FROM role_bindings WHERE "tenantId" = ${id}::uuid AND "projectId" IS NULL ORDER BY "createdAt", id LIMIT 51`,
      Prisma.sql`SELECT * FROM roles WHERE "tenantId" = ${id}::uuid ORDER BY name`,
    ];
    for (const query of queries) {
      const plan = JSON.stringify(await database.read.$queryRaw(Prisma.sql`EXPLAIN (FORMAT JSON) ${query}`));
      expect(plan, query.sql).toMatch(/Index/);
      if (!query.sql.includes(' roles ')) expect(plan, query.sql).not.toMatch(/Seq Scan/);
    }
  });
});
