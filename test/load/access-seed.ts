import { createToken, hashToken, newId } from '@slipway/platform/kernel/ids/ids';
import type pg from 'pg';

/** How much there is of everything. The first tenant is a busy one. */
export interface Size {
  readonly tenants: number;
  readonly projects: number;
  readonly members: number;
  readonly users: number;
}

/**
 * Whom the lists are asked as: the owner of the busy tenant, somebody with a role in a tenth of all tenants and in single
 * projects of another tenth, somebody of one project only, and a platform administrator.
 */
export type CallerName = 'owner' | 'wide' | 'narrow' | 'admin';

const content = JSON.stringify({ type: 'archive' });
const release = JSON.stringify({ image: 'registry.test/web', processes: {}, config: {}, routes: {}, scaling: {} });

/** Rows by hand, a table a statement, because half a million requests would take an hour. */
function statements({ tenants, projects, members, users }: Size): string[] {
  const busy = `(SELECT id FROM tenants WHERE name = 'tenant-1')`;
  return [
    `INSERT INTO users (id, username, "displayName", issuer, subject)
     SELECT gen_random_uuid(), 'user-' || n, 'User ' || n, 'load', 'user-' || n FROM generate_series(1, ${users}) n`,
    `INSERT INTO users (id, username, "displayName", issuer, subject)
     SELECT gen_random_uuid(), name, name, 'load', name FROM unnest(ARRAY['owner', 'wide', 'narrow', 'admin-load']) name`,
    `INSERT INTO role_bindings (id, "userId", role, "createdBy")
     SELECT gen_random_uuid(), id, 'admin', 'seed' FROM users WHERE username = 'admin-load'`,
    `INSERT INTO tenants (id, name, "displayName")
     SELECT gen_random_uuid(), 'tenant-' || n, 'Tenant ' || n FROM generate_series(1, ${tenants}) n`,
    `INSERT INTO projects (id, "tenantId", name, "displayName")
     SELECT gen_random_uuid(), id, 'project-' || n, 'Project ' || n FROM tenants, generate_series(1, ${projects}) n`,
    `INSERT INTO role_bindings (id, "tenantId", "userId", role, "createdBy", "createdAt")
     SELECT gen_random_uuid(), t.id, u.id, CASE n WHEN 1 THEN 'owner' ELSE 'developer' END, 'seed', now() - n * interval '1 minute'
     FROM (SELECT id, row_number() OVER () AS nr FROM tenants) t
     CROSS JOIN generate_series(1, ${members}) n
     JOIN (SELECT id, row_number() OVER () AS nr FROM users WHERE username LIKE 'user-%') u
       ON u.nr = (t.nr * ${members} + n) % ${users} + 1`,
    // A tenth of the projects has somebody with a role there alone.
    `INSERT INTO role_bindings (id, "tenantId", "projectId", "userId", role, "createdBy")
     SELECT gen_random_uuid(), p."tenantId", p.id, u.id, 'admin', 'seed'
     FROM (SELECT id, "tenantId", row_number() OVER () AS nr FROM projects WHERE name LIKE '%7') p
     JOIN (SELECT id, row_number() OVER () AS nr FROM users WHERE username LIKE 'user-%') u ON u.nr = p.nr % ${users} + 1`,
    `INSERT INTO role_bindings (id, "tenantId", "userId", role, "createdBy")
     SELECT gen_random_uuid(), ${busy}, id, 'owner', 'seed' FROM users WHERE username = 'owner'`,
    `INSERT INTO role_bindings (id, "tenantId", "userId", role, "createdBy")
     SELECT gen_random_uuid(), t.id, u.id, 'viewer', 'seed' FROM tenants t, users u
     WHERE u.username = 'wide' AND t.name LIKE '%3'`,
    `INSERT INTO role_bindings (id, "tenantId", "projectId", "userId", role, "createdBy")
     SELECT gen_random_uuid(), t.id, p.id, u.id, 'viewer', 'seed'
     FROM tenants t JOIN projects p ON p."tenantId" = t.id AND p.name = 'project-4', users u
     WHERE u.username = 'wide' AND t.name LIKE '%4'`,
    `INSERT INTO role_bindings (id, "tenantId", "projectId", "userId", role, "createdBy")
     SELECT gen_random_uuid(), p."tenantId", p.id, u.id, 'developer', 'seed' FROM projects p, users u
     WHERE u.username = 'narrow' AND p."tenantId" = ${busy} AND p.name = 'project-1'`,
    `INSERT INTO environments (id, "tenantId", "projectId", name, kind, namespace, state)
     SELECT gen_random_uuid(), "tenantId", id, 'production', 'production', 'ns-' || id, 'ready' FROM projects`,
    `INSERT INTO applications (id, "tenantId", "projectId", name, "displayName", source, build, processes)
     SELECT gen_random_uuid(), "tenantId", id, 'web', 'Web', '${content}', '{}', '{}' FROM projects`,
    `INSERT INTO applications (id, "tenantId", "projectId", name, "displayName", source, build, processes)
     SELECT gen_random_uuid(), "tenantId", id, 'service-' || n, 'Service ' || n, '${content}', '{}', '{}'
     FROM projects, generate_series(1, 200) n WHERE "tenantId" = ${busy} AND name = 'project-1'`,
    `INSERT INTO placements (id, "tenantId", "applicationId", "environmentId")
     SELECT gen_random_uuid(), a."tenantId", a.id, e.id FROM applications a JOIN environments e ON e."projectId" = a."projectId"`,
    `INSERT INTO releases (id, "tenantId", "applicationId", number, hash, image, content, "createdBy")
     SELECT gen_random_uuid(), "tenantId", id, n, md5(id::text || n), 'registry.test/web@sha256:' || md5(id::text || n), '${release}', 'seed'
     FROM applications, generate_series(1, 3) n`,
    `INSERT INTO releases (id, "tenantId", "applicationId", number, hash, image, content, "createdBy")
     SELECT gen_random_uuid(), a."tenantId", a.id, n, md5(a.id::text || n), 'registry.test/web', '${release}', 'seed'
     FROM applications a JOIN projects p ON p.id = a."projectId", generate_series(4, 1000) n
     WHERE a."tenantId" = ${busy} AND p.name = 'project-1' AND a.name = 'web'`,
    `INSERT INTO operations (id, "tenantId", kind, subject, state, "createdBy", "createdAt")
     SELECT gen_random_uuid(), t.id, 'environment.provision', 'tenants/' || t.name || '/projects/project-' || n % ${projects} + 1,
       'succeeded', 'seed', now() - n * interval '1 minute' FROM tenants t, ${times(300)} n`,
    `INSERT INTO events ("tenantId", type, resource, at)
     SELECT t.id, 'project.updated', 'projects/project-' || n % ${projects} + 1, now() - n * interval '1 minute'
     FROM tenants t, ${times(300)} n`,
    `INSERT INTO audit_events (id, at, actor, action, resource, "tenantId", tenant, "requestId", chain, seq, hash)
     SELECT gen_random_uuid(), now() - n * interval '1 minute', 'user-' || n, 'project.update', 'tenants/' || t.name, t.id, t.name,
       'seed', t.id, n, 'h' FROM tenants t, ${times(300)} n`,
    `INSERT INTO requests (id, kind, state, "tenantId", tenant, subject, title, payload, reason, "requesterId", requester,
       "approverScope", "approverPermission", "expiresAt", "createdAt")
     SELECT gen_random_uuid(), 'access', CASE n % 10 WHEN 0 THEN 'pending' ELSE 'approved' END, t.id, t.name,
       'tenants/' || t.name, 'Access', '{}', 'because', u.id, u.username, 'tenant', 'requests:approve',
       now() + interval '7 days', now() - n * interval '1 minute'
     FROM users u, tenants t, ${times(30)} n WHERE u.username = 'user-1'`,
    'ANALYZE',
  ];
}

/** So many of everything in each tenant, and twenty times that in the busy one. */
const times = (count: number) => `generate_series(1, CASE t.name WHEN 'tenant-1' THEN ${count * 20} ELSE ${count} END)`;

/** Fills the database and gives a personal token of each caller. */
export async function seed(database: pg.Client, size: Size): Promise<Readonly<Record<CallerName, string>>> {
  await database.query(`SET slipway.tenant = '*'`);
  for (const statement of statements(size)) await database.query(statement);
  return {
    owner: await createTokenOf(database, 'owner'),
    wide: await createTokenOf(database, 'wide'),
    narrow: await createTokenOf(database, 'narrow'),
    admin: await createTokenOf(database, 'admin-load'),
  };
}

async function createTokenOf(database: pg.Client, username: string): Promise<string> {
  const token = createToken('slp_pat_');
  await database.query(
    `INSERT INTO personal_tokens (id, "userId", name, prefix, hash) SELECT $1, id, 'load', $2, $3 FROM users WHERE username = $4`,
    [newId(), token.slice(0, 12), hashToken(token), username],
  );
  return token;
}
