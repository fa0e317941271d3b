import type pg from 'pg';

export const tenantCount = 1_000;
const chunk = 250_000;
const sealerLock = 7_263_401;

export interface LoadTenant {
  readonly id: string;
  readonly name: string;
}

/** The id and name of the made-up tenant with this number; they have rows and no other trace. */
export const madeTenant = (number: number): LoadTenant => ({
  id: `0${number.toString(16).padStart(7, '0')}-0000-7000-8000-000000000000`,
  name: `t-${number}`,
});

/**
 * Rows of a year: 1,000 tenants (a few large, many small), 20 people in each, 40 kinds of changes (a few frequent, most of them rare),
 * paths as the platform writes them, 3 % denied. They are sealed, with hashes that are none: only the sealer's are real. The indexes are
 * made anew afterwards, which takes a fraction of the time that keeping them would.
 */
export async function fillAudit(database: pg.Client, rows: number, big: LoadTenant): Promise<void> {
  const { rows: indexes } = await database.query<{ name: string; text: string }>(
    `SELECT indexname AS name, indexdef AS text FROM pg_indexes WHERE tablename IN ('audit_events', 'audit_paths')
     AND indexname NOT IN (SELECT conname FROM pg_constraint) AND indexdef NOT LIKE 'CREATE UNIQUE%'`,
  );
  for (const { name } of indexes) await database.query(`DROP INDEX "${name}"`);
  const base = await reserve(database, rows);
  for (let done = 0; done < rows; done += chunk) {
    await database.query(insertRows, [
      base + done,
      Math.min(chunk, rows - done),
      rows,
      big.id,
      big.name,
      tenantCount,
      base,
    ]);
    process.stdout.write(`\r${Math.min(rows, done + chunk)} rows`);
  }
  process.stdout.write('\n');
  await database.query(
    'INSERT INTO audit_paths SELECT DISTINCT chain, resource FROM audit_events ON CONFLICT DO NOTHING',
  );
  await database.query(`SET maintenance_work_mem = '512MB'`);
  for (const { text } of indexes) await database.query(text);
  await database.query('VACUUM (ANALYZE) audit_events, audit_paths');
  // What the platform asked while the indexes were away goes on without them, for hours; it asks anew.
  await database.query(
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'`,
  );
}

/** Numbers in the order of sealing that the sealer will not give out. */
async function reserve(database: pg.Client, rows: number): Promise<number> {
  await database.query('BEGIN');
  await database.query('SELECT pg_advisory_xact_lock($1)', [sealerLock]);
  const { rows: found } = await database.query<{ position: string }>(
    `INSERT INTO audit_followers AS f (name, position, "updatedAt") VALUES ('sealer', $1, now())
     ON CONFLICT (name) DO UPDATE SET position = f.position + $1 RETURNING position`,
    [rows],
  );
  await database.query('COMMIT');
  return Number(found[0]?.position ?? rows) - rows;
}

const insertRows = `
  INSERT INTO audit_events (id, at, "actorId", actor, action, resource, outcome, "tenantId", tenant, "requestId", source, "userAgent",
    "sessionId", before, after, chain, seq, "prevHash", hash, position)
  SELECT gen_random_uuid(), r.at, md5(r.actor)::uuid, r.actor, r.action,
    'tenants/' || r.tenant || '/projects/p-' || r.project || CASE r.kind % 4
      WHEN 0 THEN '' WHEN 1 THEN '/applications/app-' || r.thing
      WHEN 2 THEN '/environments/production/applications/app-' || r.thing || '/config'
      ELSE '/applications/app-' || r.thing || '/releases/' || (r.n % 500) END,
    CASE WHEN r.n % 33 = 0 THEN 'denied' WHEN r.n % 101 = 0 THEN 'failed' ELSE 'success' END,
    r.tenant_id, r.tenant, md5('request' || r.n), '10.' || r.number % 250 || '.' || r.person || '.' || r.n % 9, 'slipway/0.1.0',
    md5(r.actor || 'session'), NULL, jsonb_build_object('replicas', r.n % 9, 'image', 'registry.test/' || r.tenant || ':' || r.n % 1000),
    r.tenant_id, r.n + 1000000000, md5('a' || r.n) || md5('b' || r.n), md5('c' || r.n) || md5('d' || r.n), r.n
  FROM (
    SELECT s.n, s.at, s.number, s.person, s.project, s.kind, s.thing, t.tenant_id, t.tenant,
      t.tenant || '-user-' || s.person AS actor,
      (ARRAY['config','release','rollout','build','project','member','environment','application','domain','quota'])[1 + s.kind % 10]
        || '.' || (ARRAY['create','update','delete','read'])[1 + s.kind / 10] AS action
    FROM (
      SELECT n, now() - interval '1 year' * (1 - (n - $7::bigint)::float8 / $3::bigint) AS at,
        floor($6::int * power(random(), 3))::int AS number, floor(20 * random())::int AS person, floor(12 * random())::int AS project,
        floor(40 * power(random(), 2))::int AS kind, floor(30 * random())::int AS thing
      FROM generate_series($1::bigint + 1, $1::bigint + $2::bigint) AS n OFFSET 0
    ) s,
    LATERAL (SELECT
      CASE s.number WHEN 0 THEN $4::uuid ELSE ('0' || lpad(to_hex(s.number), 7, '0') || '-0000-7000-8000-000000000000')::uuid END AS tenant_id,
      CASE s.number WHEN 0 THEN $5::text ELSE 't-' || s.number END AS tenant) t
  ) r`;

/** Rows that wait for the sealer. */
export async function addUnsealed(database: pg.Client, rows: number, tenant: LoadTenant): Promise<void> {
  await database.query(
    `INSERT INTO audit_events (id, at, actor, action, resource, "tenantId", tenant, "requestId", source, after, chain)
     SELECT gen_random_uuid(), now(), 'user-' || n % 20, 'config.update', 'tenants/' || $3 || '/projects/p-' || n % 12, $2, $3,
       md5('request' || n), '10.0.0.1', jsonb_build_object('variables', jsonb_build_object('N', n)), $2
     FROM generate_series(1, $1::int) AS n`,
    [rows, tenant.id, tenant.name],
  );
}
