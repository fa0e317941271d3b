// Measures what row-level security adds to the queries of lists: `node test/dist/load/row-level-security.js [--small]`. The same
// statements, in turn, by the platform's own login role within one tenant and by a role that the policies do not hold for.
import pg from 'pg';
import { type Size, seed } from './access-seed.js';
import { type Figure, printFigures } from './figure.js';
import { startLoneApi } from './lone-api.js';

const isSmall = process.argv.includes('--small');
const size: Size = isSmall
  ? { tenants: 50, projects: 20, members: 20, users: 500 }
  : { tenants: 1_000, projects: 100, members: 50, users: 20_000 };
const rounds = isSmall ? 300 : 2_000;

/** As the services ask: always with the tenant, which the wall repeats. */
const lists = {
  projects: 'SELECT * FROM projects WHERE "tenantId" = $1 ORDER BY name, id LIMIT 51',
  applications: 'SELECT * FROM applications WHERE "tenantId" = $1 ORDER BY name, id LIMIT 51',
  'role bindings': 'SELECT * FROM role_bindings WHERE "tenantId" = $1 ORDER BY id LIMIT 51',
  'audit events': 'SELECT * FROM audit_events WHERE "tenantId" = $1 ORDER BY at DESC, id DESC LIMIT 51',
} as const;

async function measure(client: pg.Client, name: string, text: string, tenant: string): Promise<number> {
  const began = performance.now();
  await client.query({ name, text, values: [tenant] });
  return performance.now() - began;
}

const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

const api = await startLoneApi();
const clients: pg.Client[] = [];
const connect = async (role: string) => {
  const url = new URL(api.databaseUrl);
  url.username = role;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  clients.push(client);
  return client;
};
try {
  await seed(api.database, size);
  await api.database.query('CREATE ROLE unwalled LOGIN BYPASSRLS IN ROLE slipway');
  await api.database.query('ANALYZE');
  const [walled, free] = [await connect('slipway'), await connect('unwalled')];
  const { rows } = await api.database.query<{ id: string }>(`SELECT id FROM tenants ORDER BY name LIMIT 1`);
  const tenant = rows[0]?.id ?? '';
  await walled.query(`SELECT set_config('slipway.tenant', $1, false)`, [tenant]);
  const figures: Figure[] = [];
  for (const [name, text] of Object.entries(lists)) {
    const times: { walled: number[]; free: number[] } = { walled: [], free: [] };
    for (let round = -20; round < rounds; round++) {
      // In turn, so that whatever else the machine does meets both.
      const [first, second] = [await measure(walled, name, text, tenant), await measure(free, name, text, tenant)];
      if (round < 0) continue;
      times.walled.push(first);
      times.free.push(second);
    }
    const [own, bare] = [median(times.walled), median(times.free)];
    const note = `${own.toFixed(3)} ms behind the wall, ${bare.toFixed(3)} ms without, p50 of ${rounds}`;
    figures.push({
      name: `row-level security, list of ${name}`,
      value: own / bare,
      unit: '×',
      aim: { most: 1.3 },
      note,
    });
  }
  printFigures(figures);
} finally {
  for (const client of clients) await client.end();
  await api.close();
}
