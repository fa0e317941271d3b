import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { portOffsets } from '../../bootstrap/ports.mjs';
import type { Arguments } from '../arguments.js';
import { ConfigError, loadConfig } from '../config.js';
import { follow, tail } from '../log-files.js';

/** `logs [process…] [-f] [-n lines]`: the processes' log files, all of them unless some are named. */
export async function logs({ flags, words }: Arguments): Promise<number> {
  const { home } = loadConfig(portOffsets, flags);
  const directory = join(home, 'logs');
  const known = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.log')) : [];
  const names = words.length > 0 ? words.map((word) => `${word}.log`) : known;
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length > 0) {
    const all = known.map((name) => basename(name, '.log')).join(', ') || 'none yet';
    throw new ConfigError(
      `no log of ${missing.map((name) => basename(name, '.log')).join(', ')} in ${directory}: there are ${all}`,
    );
  }
  const lines = Number(flags['tail'] ?? (names.length === 1 ? 100 : 10));
  const width = Math.max(...names.map((name) => basename(name, '.log').length));
  const write = (file: string, text: string) => {
    const prefix = names.length > 1 ? `${basename(file, '.log').padEnd(width)} | ` : '';
    for (const line of text.split('\n').filter(Boolean)) process.stdout.write(`${prefix}${line}\n`);
  };
  const files = names.map((name) => join(directory, name));
  for (const file of files) write(file, (await tail(file, lines)).join('\n'));
  if (!flags['follow']) return 0;
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  await follow(files, write, controller.signal);
  return 0;
}
