import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findFreePortBase, loadPlatformConfig } from '@slipway/local';
import pg from 'pg';
import { addUnsealed, fillAudit, type LoadTenant, madeTenant, tenantCount } from './audit-rows.js';
import { type Figure, printFigures } from './figure.js';

// `node test/dist/load/audit.js --rows 10000000`: on the platform of SLIPWAY_E2E_HOME, whose audit log is spoiled (reset it afterwards;
// `--rows 0` measures what was filled in before), or on one of its own that is reset at the end. 10 million rows take 12 GB on its disk.
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '10000000' }, unsealed: { type: 'string', default: '100000' } },
});
const rounds = 40;
const cli = join(import.meta.dirname, '../../../infra/local/dist/cli.js');
const given = process.env['SLIPWAY_E2E_HOME'];
const home = given ?? mkdtempSync(join(tmpdir(), 'slipway-load-'));
const env = {
  ...process.env,
  SLIPWAY_HOME: home,
  ...(given ? {} : { SLIPWAY_PORT_BASE: `${await findFreePortBase(23_000)}` }),
};
const user = mkdtempSync(join(tmpdir(), 'slipway-load-user-'));
const bin = join(import.meta.dirname, '../../../packages/cli/bin/slipway.js');
const platform = (...words: string[]) =>
  execFileSync(process.execPath, [cli, ...words], { env, stdio: ['ignore', 'ignore', 'inherit'] });

try {
  if (!given) platform('start');
  await measure(Number(values.rows), Number(values.unsealed));
} finally {
  rmSync(user, { recursive: true, force: true });
  if (!given) platform('reset', '--yes');
}

/** The command as a user of its own runs it. */
function slipway(words: readonly string[], input = ''): string {
  const server = loadPlatformConfig({ home }).apiUrl;
  const own = { PATH: process.env['PATH'] ?? '', HOME: user, SLIPWAY_SERVER: server, NO_COLOR: '1' };
  return execFileSync(process.execPath, [bin, ...words], { env: own, input, encoding: 'utf8' }).trim();
}

async function measure(rows: number, unsealed: number): Promise<void> {
  const config = loadPlatformConfig({ home });
  const secret = (name: string) => readFileSync(join(home, 'secrets', name), 'utf8').trim();
  const superuser = { user: 'postgres', password: secret('postgres-superuser'), database: 'slipway' };
  const database = new pg.Client({ host: '127.0.0.1', port: config.ports.postgres, ...superuser });
  await database.connect();
  slipway(['login', '--username', 'admin', '--password-stdin'], `${JSON.parse(secret('admin.json')).password}\n`);
  try {
    const big = makeTenant('load-big');
    const sealed = makeTenant('load-sealed');
    if (rows > 0) await fillAudit(database, rows, big);
    const token = slipway(['tokens', 'create', `load-${process.pid}`, '--expires-in-days', '1']);
    await measureSearch(`${config.apiUrl}/api/v1`, token, big.name);
    if (unsealed > 0) {
      await addUnsealed(database, unsealed, sealed);
      printFigures([await measureSeal(database, sealed, unsealed)]);
      printFigures(measureVerify(sealed));
    }
  } finally {
    await database.end();
  }
}

function makeTenant(name: string): LoadTenant {
  const tenants: { id: string; name: string }[] = JSON.parse(slipway(['tenants', 'list', '-o', 'json']));
  const there = tenants.find((tenant) => tenant.name === name);
  const { id } = there ?? JSON.parse(slipway(['tenants', 'create', name, '--owner', 'admin', '-o', 'json']));
  return { id, name };
}

/** Each search with other values each time, as often as `rounds`, one after another. */
async function measureSearch(api: string, token: string, big: string): Promise<void> {
  const made = (round: number) => madeTenant(1 + ((round * 37) % (tenantCount - 1)));
  const tenantOf = (round: number) => made(round).name;
  const month = (round: number) => {
    const from = new Date(Date.now() - (30 + round * 7) * 86_400_000);
    return `from=${from.toISOString()}&to=${new Date(from.getTime() + 86_400_000).toISOString()}`;
  };
  const searches: Record<string, (round: number) => string> = {
    'all, newest first': () => '/audit-events?',
    'by tenant': (round) => `/audit-events?tenant=${made(round).id}`,
    'by actor': (round) => `/audit-events?actor=${tenantOf(round)}-user-${round % 20}`,
    'by a frequent action': () => '/audit-events?action=config.create',
    'by a rare action prefix': (round) => `/audit-events?action=${['webhook', 'token', 'robot'][round % 3]}.*`,
    'by resource': (round) => `/audit-events?resource=tenants/${tenantOf(round)}/projects/p-${round % 12}`,
    'by a resource that is none': (round) => `/audit-events?resource=tenants/nobody-${round}`,
    'by one day': (round) => `/audit-events?${month(round)}`,
    'by outcome and day': (round) => `/audit-events?outcome=failed&${month(round)}`,
    'by address': (round) => `/audit-events?source=10.${round}.${round % 20}.3`,
    'by an address that is none': (round) => `/audit-events?source=192.0.2.${round}`,
    'by frequent text': () => '/audit-events?q=production',
    'by rare text': (round) => `/audit-events?q=${tenantOf(round)}/projects/p-3/applications/app-${round % 30}/rel`,
    'by text that is none': (round) => `/audit-events?q=nowhere-${round}`,
    "a large tenant's own": () => `/tenants/${big}/audit-events?`,
    "a large tenant's by actor": (round) => `/tenants/${big}/audit-events?actor=${big}-user-${round % 20}`,
    "a large tenant's by rare action": () => `/tenants/${big}/audit-events?action=webhook.*`,
    "a large tenant's by text": (round) => `/tenants/${big}/audit-events?q=app-${round % 30}/config`,
    "a large tenant's by text that is none": (round) => `/tenants/${big}/audit-events?q=nowhere-${round}`,
    "a large tenant's by actor and denied": (round) =>
      `/tenants/${big}/audit-events?outcome=denied&actor=${big}-user-${round % 20}`,
    'by tenant and rare action': (round) => `/audit-events?tenant=${made(round).id}&action=quota.read`,
  };
  for (const [name, pathOf] of Object.entries(searches)) {
    const times: number[] = [];
    let found = 0;
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      const answer = await fetch(`${api}${pathOf(round)}`, { headers: { authorization: `Bearer ${token}` } });
      const body = (await answer.json()) as { items?: unknown[] };
      if (answer.status !== 200) throw new Error(`${pathOf(round)}: ${answer.status} ${JSON.stringify(body)}`);
      found += body.items?.length ?? 0;
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    const [p50 = 0, p95 = 0] = [times[rounds >> 1], times[Math.floor(rounds * 0.95)]];
    const note = `p50 ${p50.toFixed(0)} ms, ${(found / rounds).toFixed(0)} rows`;
    printFigures([{ name: `search ${name}, p95`, value: p95, unit: 'ms', aim: { most: 500 }, note }]);
  }
}

async function measureSeal(database: pg.Client, { id }: LoadTenant, rows: number): Promise<Figure> {
  const waiting = async () => {
    const { rows: left } = await database.query(
      'SELECT count(*) FROM audit_events WHERE position IS NULL AND chain = $1',
      [id],
    );
    return Number(left[0]?.count);
  };
  const began = performance.now();
  while ((await waiting()) > 0) await delay(250);
  return { name: 'sealed by the worker', value: rows / ((performance.now() - began) / 1000), unit: 'row/s' };
}

function measureVerify({ name }: LoadTenant): Figure[] {
  const [file, keys] = [join(user, 'audit.ndjson'), join(user, 'keys.json')];
  writeFileSync(keys, slipway(['audit', 'keys']));
  const exporting = performance.now();
  slipway(['audit', 'export', '--tenant', name, '--to-file', file]);
  const verifying = performance.now();
  const { rows } = JSON.parse(slipway(['audit', 'verify', file, '--key', keys, '-o', 'json']));
  const done = performance.now();
  return [
    { name: 'exported and downloaded', value: rows / ((verifying - exporting) / 1000), unit: 'row/s' },
    { name: 'verified offline', value: rows / ((done - verifying) / 1000), unit: 'row/s' },
  ];
}
