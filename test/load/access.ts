// Measures what a permission check and a list cost where there is much: `node test/dist/load/access.js [--small]`. 1,000 tenants,
// 100 projects in each, 50 members each; the api is a process of its own on a PostgreSQL of its own, all on this machine. Says
// which lists read a table from one end to the other, and fails when one does.
import { Access } from '@slipway/platform/kernel/access/access';
import { isAllowed } from '@slipway/platform/kernel/access/policy';
import { Clock } from '@slipway/platform/kernel/clock/clock';
import { Database } from '@slipway/platform/kernel/database/database';
import { createUserActor } from '@slipway/platform/kernel/tenancy/caller';
import type pg from 'pg';
import { type CallerName, type Size, seed } from './access-seed.js';
import { type Figure, printFigures } from './figure.js';
import { type LoneApi, startLoneApi } from './lone-api.js';

const isSmall = process.argv.includes('--small');
const size: Size = isSmall
  ? { tenants: 50, projects: 20, members: 20, users: 500 }
  : { tenants: 1_000, projects: 100, members: 50, users: 20_000 };
const calls = isSmall ? 60 : 310;

const busy = '/tenants/tenant-1';
const application = `${busy}/projects/project-1/applications`;
const lists: readonly (readonly [CallerName, string])[] = [
  ['owner', '/tenants'],
  ['wide', '/tenants'],
  ['admin', '/tenants'],
  ['admin', '/tenants?q=tenant-77'],
  ['owner', `${busy}/projects`],
  ['narrow', `${busy}/projects`],
  ['owner', `${busy}/projects/project-1/environments`],
  ['owner', application],
  ['narrow', `${application}?limit=200`],
  ['owner', `${application}/web/releases`],
  ['owner', `${application}/web/rollouts`],
  ['owner', `${application}/web/builds`],
  ['owner', `${busy}/members`],
  ['owner', `${busy}/projects/project-1/members`],
  ['owner', `${busy}/roles`],
  ['owner', `${busy}/robots`],
  ['owner', `${busy}/invitations`],
  ['owner', '/requests'],
  ['owner', '/requests?view=to-decide'],
  ['owner', '/requests?tenant=tenant-1'],
  ['wide', '/requests'],
  ['admin', '/requests'],
  ['owner', `${busy}/audit-events`],
  ['owner', `${busy}/audit-events?action=project.update`],
  ['owner', `${busy}/audit-events?actor=user-5`],
  ['admin', '/audit-events'],
  ['owner', '/operations'],
  ['owner', '/operations?tenant=tenant-1'],
  ['wide', '/operations'],
  ['narrow', '/operations'],
  ['admin', '/operations'],
  ['admin', '/users'],
  ['owner', '/me/notifications'],
  ['owner', '/me'],
  ['wide', '/me'],
];

const quantile = (times: readonly number[], part: number) =>
  [...times].sort((one, other) => one - other)[Math.floor(times.length * part)] ?? 0;
const p99 = (times: readonly number[]) => quantile(times, 0.99);
const median = (times: readonly number[]) => quantile(times, 0.5);
const micro = (milliseconds: number) => milliseconds * 1000;

interface Place {
  readonly userId: string;
  readonly tenant: string;
  readonly projectId: string;
}

/** Asks of some 5,000 memberships what their role holds: first read from PostgreSQL, then as it is kept. */
async function measureChecks({ database, databaseUrl }: LoneApi): Promise<Figure[]> {
  const { rows } = await database.query<Place>(
    `SELECT b."userId", t.name AS tenant, (SELECT p.id FROM projects p WHERE p."tenantId" = t.id LIMIT 1) AS "projectId"
     FROM role_bindings b JOIN tenants t ON t.id = b."tenantId"
     WHERE b."projectId" IS NULL AND b.role IN ('owner', 'developer')
       AND b."userId" IN (SELECT id FROM users ORDER BY random() LIMIT 2000)`,
  );
  const places = rows.map(({ userId, ...place }) => ({
    ...place,
    actor: createUserActor({ id: userId, username: userId, platformRoles: [] }),
  }));
  const own = new Database({ databaseUrl });
  const access = new Access(own, new Clock());
  const check = async ({ actor, tenant, projectId }: (typeof places)[number]) => {
    const began = performance.now();
    const scope = await access.getTenantScope(actor, tenant);
    const isIt = isAllowed(actor, scope, 'applications:write', projectId);
    const took = performance.now() - began;
    if (!isIt) throw new Error('A member may not do what the role holds.');
    return took;
  };
  const checkAll = async () => {
    const times: number[] = [];
    for (const place of places) times.push(await check(place));
    return times;
  };
  try {
    const [first] = places;
    // The first question begins to listen for changes; nothing is kept before that.
    for (let turn = 0; turn < 20 && first; turn++) await check(first);
    const cold = await checkAll();
    const warm: number[] = [];
    for (let round = 0; round < 10; round++) warm.push(...(await checkAll()));
    const note = `${places.length} memberships, each 10 times; p50 ${micro(median(warm)).toFixed(1)} µs`;
    return [
      { name: 'permission check, in the process, p99', value: micro(p99(warm)), unit: 'µs', aim: { most: 50 }, note },
      { name: 'permission check, everything read first, p99', value: p99(cold), unit: 'ms' },
    ];
  } finally {
    await access.beforeApplicationShutdown();
    await own.onApplicationShutdown();
  }
}

type Tokens = Awaited<ReturnType<typeof seed>>;

async function get({ url }: LoneApi, token: string, path: string): Promise<void> {
  const answer = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${text}`);
}

async function measureLists(api: LoneApi, tokens: Tokens): Promise<void> {
  for (const [name, path] of lists) {
    const times: number[] = [];
    for (let call = 0; call < calls; call++) {
      const began = performance.now();
      await get(api, tokens[name], path);
      times.push(performance.now() - began);
    }
    // What is warm is told; the first calls are of a process that has just begun.
    const warm = times.slice(10);
    const figure = { name: `${name}: GET ${path}`, value: p99(warm), unit: 'ms', aim: { most: 50 } };
    printFigures([{ ...figure, note: `p50 ${median(warm).toFixed(1)} ms` }]);
  }
}

/** Tables that a sequential scan of does not pay: the list would grow slower with the platform. */
async function largeTables(database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND reltuples >= $1`,
    [size.tenants * 5],
  );
  return rows.map(({ name }) => name);
}

async function findScans(api: LoneApi, tokens: Tokens): Promise<string[]> {
  const large = await largeTables(api.database);
  const found: string[] = [];
  for (const [name, path] of lists) {
    const plans = await api.explain(() => get(api, tokens[name], path));
    for (const plan of plans) {
      // A condition that holds for nothing (an empty list of ids) is planned as a scan that is never begun.
      if (/One-Time Filter: (false|NULL::boolean)/.test(plan)) continue;
      const table = large.find((one) => new RegExp(`Seq Scan on (public\\.)?${one}\\b`).test(plan));
      if (table) found.push(`${name}: GET ${path} reads all of ${table}:\n${plan}`);
    }
  }
  return found;
}

async function main(): Promise<void> {
  const api = await startLoneApi();
  try {
    const began = performance.now();
    const tokens = await seed(api.database, size);
    printFigures([{ name: 'rows made', value: (performance.now() - began) / 1000, unit: 's' }]);
    printFigures(await measureChecks(api));
    await measureLists(api, tokens);
    const scans = await findScans(api, tokens);
    for (const scan of scans) process.stderr.write(`${scan}\n`);
    process.stdout.write(`lists that read a whole table: ${scans.length}\n`);
    process.exitCode = scans.length > 0 ? 1 : 0;
  } finally {
    await api.close();
  }
}

await main();
