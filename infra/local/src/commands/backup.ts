import { createInterface } from 'node:readline/promises';
import { portOffsets } from '../../bootstrap/ports.mjs';
import type { Arguments } from '../arguments.js';
import { baseFor, copiesToKeep, listBases, restoreBackup, takeBackup } from '../backup.js';
import { type Config, ConfigError, loadConfig } from '../config.js';
import { createPlatform, type Platform } from '../platform.js';
import { backupFiles, postgresCluster, postgresFlags } from '../services/postgres.js';
import { start } from './start.js';
import { stop } from './supervised.js';

/** `backup [--keep=7]`: copies the running databases, the secrets and the cluster's keys; nothing stops meanwhile. */
export async function backup({ flags }: Arguments): Promise<number> {
  const { keep: keepText, ...others } = flags;
  const config = loadConfig(portOffsets, others);
  const platform = await embeddedPlatform(config);
  const cluster = postgresCluster(platform);
  const keep = keepText === undefined ? copiesToKeep(cluster.backups) : Number(keepText);
  if (!Number.isInteger(keep) || keep < 1) throw new ConfigError('--keep is how many copies stay: a number from 1');
  const { time, directory } = await takeBackup(cluster, keep, backupFiles(platform));
  process.stdout.write(
    `The backup is in ${directory}.\nEvery moment from ${listBases(cluster.backups)[0]?.time ?? time} on can be restored: \`npm run restore -- --to=<time>\`.\n` +
      `Copy ${platform.at('backup')} to another machine: it holds everything, the secrets too.\n`,
  );
  return 0;
}

/** `restore [--to=<RFC 3339 time>] [--yes]`: stops, puts the databases back to a moment (or to the end of the log), starts. */
export async function restore(args: Arguments): Promise<number> {
  const { to: text, yes, ...flags } = args.flags;
  const to = text === undefined ? undefined : new Date(text);
  if (to && Number.isNaN(to.getTime()))
    throw new ConfigError(`--to=${text} is not a time: write it as 2026-05-04T12:30:00Z`);
  const config = loadConfig(portOffsets, flags);
  const platform = await embeddedPlatform(config);
  const cluster = postgresCluster(platform);
  const [oldest] = listBases(cluster.backups);
  if (!oldest) throw new ConfigError('there is no backup to restore: make one with `npm run backup`');
  baseFor(cluster.backups, to);
  if (!yes && !(await confirm(to))) return 1;
  await stop({ ...args, flags });
  const before = await restoreBackup(cluster, to, postgresFlags(platform));
  const kept = before ? ` The data of before are kept in ${before}: delete them when all is well.` : '';
  process.stdout.write(`Restored.${kept}\n`);
  return start({ ...args, flags });
}

async function embeddedPlatform(config: Config): Promise<Platform> {
  const platform = await createPlatform(config, '');
  if (!platform.embeds.postgres)
    throw new ConfigError('the databases are on a server of yours: back them up and restore them with its own tools');
  return platform;
}

async function confirm(to: Date | undefined): Promise<boolean> {
  if (!process.stdin.isTTY) throw new ConfigError('a restore undoes what was written since: say `--yes`');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const moment = to?.toISOString() ?? 'the end of the log';
  const answer = await terminal.question(`This puts all databases back to ${moment}. Type "restore" to go on: `);
  terminal.close();
  return answer.trim() === 'restore';
}
