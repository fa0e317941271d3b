import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Where an embedded PostgreSQL lies, and who runs it. */
export interface Cluster {
  /** Directory of its programs. */
  readonly binaries: string;
  readonly data: string;
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
  readonly identity: { readonly uid: number; readonly gid: number } | undefined;
  /** `base/<time>` holds whole copies, `wal` what happened since the first of them. */
  readonly backups: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface BaseBackup {
  /** RFC 3339, UTC: when the copy was complete. The state can be restored to any moment from then on. */
  readonly time: string;
  readonly directory: string;
}

const segmentBytes = 16n * 1024n * 1024n;

/** PostgreSQL's settings for archiving its log. Nothing is archived as long as there is no base to apply it to. */
export function archiveSettings(backups: string): Record<string, string> {
  const wal = join(backups, 'wal');
  const file = `'${wal}/%f.gz'`;
  return {
    archive_mode: 'on',
    // A lost machine loses a minute at most; a lost process nothing, its last segments are archived at the next start.
    archive_timeout: '60',
    archive_command: `test ! -d '${join(backups, 'base')}' || test -s ${file} || (gzip -1 < '%p' > ${file}.new && sync ${file}.new && mv ${file}.new ${file})`,
  };
}

/** Makes the directory of the log, which PostgreSQL's user writes. */
export function prepareBackups(cluster: Pick<Cluster, 'backups' | 'identity'>): void {
  const wal = join(cluster.backups, 'wal');
  mkdirSync(wal, { recursive: true, mode: 0o700 });
  chmodSync(cluster.backups, 0o711);
  if (cluster.identity) chownSync(wal, cluster.identity.uid, cluster.identity.gid);
}

export function listBases(backups: string): BaseBackup[] {
  const directory = join(backups, 'base');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => !name.endsWith('.new'))
    .sort()
    .map((name) => ({ time: name, directory: join(directory, name) }));
}

const keepByDefault = 7;
const dayMilliseconds = 24 * 60 * 60 * 1000;
const keepFile = (backups: string) => join(backups, 'keep');

/** How many copies stay: what was said last, else 7. */
export function copiesToKeep(backups: string): number {
  const file = keepFile(backups);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || keepByDefault : keepByDefault;
}

/**
 * Takes a new copy when the newest is a day old, so that the archived log stays bounded without anybody's care. Does nothing where
 * no copy has ever been asked for.
 */
export async function renewBackup(
  cluster: Cluster,
  files: Readonly<Record<string, string>>,
  now: number,
): Promise<BaseBackup | undefined> {
  const newest = listBases(cluster.backups).at(-1);
  if (!newest || now - Date.parse(newest.time) < dayMilliseconds) return undefined;
  return takeBackup(cluster, copiesToKeep(cluster.backups), files);
}

/** Copies the running PostgreSQL, keeps the newest `keep` copies and the log since the oldest of them. Nothing stops meanwhile. */
export async function takeBackup(
  cluster: Cluster,
  keep: number,
  files: Readonly<Record<string, string>>,
): Promise<BaseBackup> {
  prepareBackups(cluster);
  const bases = join(cluster.backups, 'base');
  mkdirSync(bases, { recursive: true, mode: 0o700 });
  chmodSync(bases, 0o711);
  const unfinished = join(bases, 'unfinished.new');
  rmSync(unfinished, { recursive: true, force: true });
  await run(
    join(cluster.binaries, 'pg_basebackup'),
    [
      ...['-h', '127.0.0.1', '-p', String(cluster.port), '-U', cluster.superuser, '-D', unfinished],
      ...['-F', 'tar', '-z', '-X', 'fetch', '-c', 'fast', '--no-password'],
    ],
    { ...cluster.env, PGPASSWORD: cluster.password },
  );
  for (const [name, path] of Object.entries(files))
    if (existsSync(path)) cpSync(path, join(unfinished, 'files', name), { recursive: true });
  const time = new Date().toISOString();
  const directory = join(bases, time);
  renameSync(unfinished, directory);
  writeFileSync(keepFile(cluster.backups), `${keep}\n`);
  const all = listBases(cluster.backups);
  for (const old of all.slice(0, Math.max(0, all.length - keep)))
    rmSync(old.directory, { recursive: true, force: true });
  forgetLog(cluster);
  return { time, directory };
}

const manifestSchema = z.object({
  'WAL-Ranges': z.array(z.object({ Timeline: z.number(), 'Start-LSN': z.string() })),
});

/** The first segment of the log that a base needs. */
function firstSegment(base: BaseBackup): string | undefined {
  const text = readFileSync(join(base.directory, 'backup_manifest'), 'utf8');
  const [range] = manifestSchema.parse(JSON.parse(text))['WAL-Ranges'];
  if (!range) return undefined;
  const [high = '0', low = '0'] = range['Start-LSN'].split('/');
  const position = (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
  const segment = position / segmentBytes;
  const perFile = 0x1_0000_0000n / segmentBytes;
  const hex = (value: bigint) => value.toString(16).toUpperCase().padStart(8, '0');
  return hex(BigInt(range.Timeline)) + hex(segment / perFile) + hex(segment % perFile);
}

function forgetLog(cluster: Cluster): void {
  const [oldest] = listBases(cluster.backups);
  const first = oldest && firstSegment(oldest);
  if (!first) return;
  const wal = join(cluster.backups, 'wal');
  // Names begin with the timeline: what counts is the place in the log behind it.
  for (const name of readdirSync(wal))
    if (/^[0-9A-F]{24}/.test(name) && name.slice(8, 24) < first.slice(8)) rmSync(join(wal, name), { force: true });
}

/** The base to restore a moment from. Throws an Error that names the earliest moment there is. */
export function baseFor(backups: string, to: Date | undefined): BaseBackup {
  const bases = listBases(backups);
  const base = bases.filter(({ time }) => !to || Date.parse(time) <= to.getTime()).at(-1);
  if (base) return base;
  const [oldest] = bases;
  throw new Error(
    oldest
      ? `the earliest moment that can be restored is ${oldest.time}`
      : `there is no backup in ${backups}: make one with \`npm run backup\``,
  );
}

/**
 * Puts a stopped PostgreSQL back to a moment (absent: to the end of the archived log) and answers where the data directory of
 * before is kept, if there was one. `flags` are the options the server runs with. Leaves PostgreSQL stopped, ready to start.
 */
export async function restoreBackup(
  cluster: Cluster,
  to: Date | undefined,
  flags: readonly string[],
): Promise<string | undefined> {
  const base = baseFor(cluster.backups, to);
  const { data, identity } = cluster;
  const before = `${data}.before-${new Date().toISOString().replaceAll(':', '')}`;
  const fresh = `${data}.restoring`;
  rmSync(fresh, { recursive: true, force: true });
  // A machine that has never run it has no directory for it yet; its user enters, and sees nothing.
  mkdirSync(dirname(data), { recursive: true });
  chmodSync(dirname(data), 0o755);
  mkdirSync(fresh, { mode: 0o700 });
  await run('tar', ['-xzf', join(base.directory, 'base.tar.gz'), '-C', fresh], cluster.env);
  const rescued = rescueLog(cluster);
  const settings = join(fresh, 'postgresql.auto.conf');
  const kept = readFileSync(settings, 'utf8');
  const target = to ? `recovery_target_time = '${to.toISOString().replace('T', ' ').replace('Z', '+00')}'\n` : '';
  const from = (directory: string) => `gzip -dc ''${directory}/%f.gz'' > ''%p'' 2>/dev/null`;
  const fetch = `${from(join(cluster.backups, 'wal'))} || ${from(rescued)}`;
  appendFileSync(settings, `\nrestore_command = '${fetch}'\n${target}recovery_target_action = 'promote'\n`);
  appendFileSync(join(fresh, 'recovery.signal'), '');
  if (identity) execFileSync('chown', ['-R', `${identity.uid}:${identity.gid}`, fresh]);
  const had = existsSync(data);
  if (had) renameSync(data, before);
  renameSync(fresh, data);
  try {
    await recover(cluster, flags);
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    if (had) renameSync(before, data);
    throw error;
  } finally {
    rmSync(rescued, { recursive: true, force: true });
  }
  execFileSync('tee', [join(data, 'postgresql.auto.conf')], { input: kept, stdio: ['pipe', 'ignore', 'inherit'] });
  return had ? before : undefined;
}

/**
 * What the old data directory had not archived yet, so that the last minute is not lost: finished segments go to the archive, all
 * others (the one that was being written, and recycled ones that only look like segments to come) where this restore alone looks.
 */
function rescueLog(cluster: Cluster): string {
  const old = join(cluster.data, 'pg_wal');
  const rescued = join(cluster.backups, 'rescued');
  rmSync(rescued, { recursive: true, force: true });
  mkdirSync(rescued, { mode: 0o700 });
  const names = existsSync(old) ? readdirSync(old) : [];
  for (const name of names) {
    if (!/^[0-9A-F]{24}$/.test(name) && !name.endsWith('.history')) continue;
    const isFinished = existsSync(join(old, 'archive_status', `${name}.ready`));
    const target = join(cluster.backups, isFinished ? 'wal' : 'rescued', `${name}.gz`);
    if (existsSync(target)) continue;
    execFileSync('sh', ['-c', 'umask 077; gzip -1 < "$0" > "$1"', join(old, name), target]);
    if (cluster.identity) chownSync(target, cluster.identity.uid, cluster.identity.gid);
  }
  if (cluster.identity) chownSync(rescued, cluster.identity.uid, cluster.identity.gid);
  return rescued;
}

/** Lets PostgreSQL apply the log, closed to everybody else, until it is a primary again. */
async function recover(cluster: Cluster, flags: readonly string[]): Promise<void> {
  const output: string[] = [];
  const child = spawn(
    join(cluster.binaries, 'postgres'),
    // Clients must not write before the restore is complete: it listens in its own directory only.
    [
      '-D',
      cluster.data,
      ...flags,
      '-c',
      'listen_addresses=',
      '-c',
      `unix_socket_directories=${cluster.data}`,
      '-c',
      'archive_mode=off',
    ],
    { ...cluster.identity, cwd: '/', env: { ...cluster.env }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  child.stderr.on('data', (data: Buffer) => output.push(data.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const signal = join(cluster.data, 'recovery.signal');
  for (;;) {
    const isOver = await Promise.race([ended.then(() => true), sleep(200).then(() => false)]);
    const text = output.join('');
    if (isOver) throw new Error(refusal(text));
    if (
      !existsSync(signal) &&
      text.includes('archive recovery complete') &&
      text.includes('is ready to accept connections')
    )
      break;
  }
  child.kill('SIGINT');
  await ended;
}

function refusal(text: string): string {
  if (text.includes('recovery ended before configured recovery target was reached'))
    return 'nothing was written after the moment asked for: leave out --to to restore to the end of the log';
  return `PostgreSQL could not restore:\n${text.split('\n').slice(-15).join('\n')}`;
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (data: Buffer) => {
      text += data.toString();
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${program} failed: ${text.trim()}`))));
  });
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
