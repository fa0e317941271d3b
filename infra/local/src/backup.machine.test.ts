import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  archiveSettings,
  baseFor,
  type Cluster,
  copiesToKeep,
  listBases,
  prepareBackups,
  renewBackup,
  restoreBackup,
  takeBackup,
} from './backup.js';
import { findIdentity } from './process.js';

const home = mkdtempSync(join(tmpdir(), 'slipway-backup-'));
const root = '/usr/lib/postgresql';
const version = existsSync(root) ? (readdirSync(root).sort((a, b) => Number(b) - Number(a))[0] ?? '') : '';
let cluster: Cluster;
let flags: string[];
let server: ChildProcess | undefined;

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address ? address.port : 0;
};
const query = async (sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ host: '127.0.0.1', port: cluster.port, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
};
const start = async () => {
  const args = ['-D', cluster.data, ...flags, '-c', 'listen_addresses=127.0.0.1'];
  server = spawn(join(cluster.binaries, 'postgres'), args, { ...cluster.identity, cwd: '/', stdio: 'ignore' });
  await expect.poll(() => query('select 1').catch(() => []), { timeout: 20_000 }).toHaveLength(1);
};
const stop = async (signal: NodeJS.Signals) => {
  const gone = server && once(server, 'exit');
  server?.kill(signal);
  await gone;
  server = undefined;
};
const names = async () => (await query('select name from things order by 1')).map(({ name }) => name);

beforeAll(async () => {
  chmodSync(home, 0o755);
  const identity = findIdentity('postgres');
  const port = await freePort();
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const binaries = join(root, version, 'bin');
  const data = join(home, 'data');
  cluster = { binaries, data, port, superuser: 'postgres', password: '', identity, backups: join(home, 'backup'), env };
  mkdirSync(data, { mode: 0o700 });
  if (identity) chownSync(data, identity.uid, identity.gid);
  execFileSync(join(binaries, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-sync'], {
    ...identity,
    cwd: '/',
    env,
    stdio: 'ignore',
  });
  prepareBackups(cluster);
  const settings = { port: String(port), unix_socket_directories: '', ...archiveSettings(cluster.backups) };
  flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
});

afterAll(async () => {
  await stop('SIGKILL').catch(() => undefined);
  rmSync(home, { recursive: true, force: true });
});

test('without a backup nothing is archived, and there is nothing to restore', async () => {
  await start();
  await query('create table things (name text)');
  await query('select pg_switch_wal()');
  expect(() => baseFor(cluster.backups, undefined)).toThrow(/npm run backup/);
});

test('a moment between two writes can be restored, after a crash too, and then another one', async () => {
  await query(`insert into things values ('before the backup')`);
  const { time } = await takeBackup(cluster, 2, {});
  await query(`insert into things values ('to keep')`);
  const [row] = await query('select clock_timestamp() as now, pg_sleep(0.05)');
  const moment = row?.['now'];
  if (!(moment instanceof Date)) throw new Error('no time');
  await query(`insert into things values ('to undo')`);
  expect(() => baseFor(cluster.backups, new Date(Date.parse(time) - 60_000))).toThrow(/earliest moment/);
  // The last segment is in no archive: it comes from the old data directory.
  await stop('SIGQUIT');
  const kept = await restoreBackup(cluster, moment, flags);
  expect(existsSync(join(kept ?? '', 'PG_VERSION'))).toBe(true);
  await start();
  expect(await names()).toEqual(['before the backup', 'to keep']);
  expect((await query('show archive_mode'))[0]).toEqual({ archive_mode: 'on' });

  await query(`insert into things values ('after the restore')`);
  await stop('SIGINT');
  await restoreBackup(cluster, undefined, flags);
  await start();
  expect(await names()).toEqual(['after the restore', 'before the backup', 'to keep']);
});

test('a moment after the last write is refused, and the data stay as they are', async () => {
  const all = await names();
  await stop('SIGINT');
  await expect(restoreBackup(cluster, new Date(Date.now() + 86_400_000), flags)).rejects.toThrow(/leave out --to/);
  await start();
  expect(await names()).toEqual(all);
});

test('a copy that is a day old is renewed, and a machine that has nothing but the backup comes to the same state', async () => {
  const all = await names();
  const [newest] = listBases(cluster.backups).slice(-1);
  const taken = Date.parse(newest?.time ?? '');
  expect(await renewBackup(cluster, {}, taken + 3_600_000)).toBeUndefined();
  expect((await renewBackup(cluster, {}, taken + 25 * 3_600_000))?.time).not.toBe(newest?.time);
  expect(copiesToKeep(cluster.backups)).toBe(2);
  await stop('SIGINT');
  const elsewhere = { ...cluster, data: join(home, 'elsewhere', 'data') };
  expect(await restoreBackup(elsewhere, undefined, flags)).toBeUndefined();
  cluster = elsewhere;
  await start();
  expect(await names()).toEqual(all);
});

test('old copies go, and the log from before the oldest that is left', async () => {
  const before = readdirSync(join(cluster.backups, 'wal')).length;
  await takeBackup(cluster, 1, { 'things.txt': join(home, 'absent') });
  expect(listBases(cluster.backups)).toHaveLength(1);
  await query('select pg_switch_wal()');
  expect(readdirSync(join(cluster.backups, 'wal')).length).toBeLessThan(before + 3);
});
