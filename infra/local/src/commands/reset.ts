import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { portOffsets } from '../../bootstrap/ports.mjs';
import type { Arguments } from '../arguments.js';
import { ConfigError, loadConfig } from '../config.js';
import { resetMachine } from '../reset.js';
import { stop } from './supervised.js';

/** `reset [--yes]`: ends everything and removes the home with all data. */
export async function reset(args: Arguments): Promise<number> {
  const config = loadConfig(portOffsets, args.flags);
  const { home } = config;
  if (!existsSync(home)) {
    process.stdout.write(`There is nothing in ${home}.\n`);
    return 0;
  }
  if (!args.flags['yes'] && !(await confirm(home))) return 1;
  await stop({ ...args, flags: { ...args.flags, containers: 'true' } });
  const left = await resetMachine(config);
  if (left.length > 0) throw new ConfigError(`these are left:\n${left.map((line) => `  ${line}`).join('\n')}`);
  process.stdout.write(`Nothing of ${home} is left on this machine.\n`);
  return 0;
}

async function confirm(home: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new ConfigError('reset deletes all data: say `npm run reset -- --yes`');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `This deletes every application, image, database and secret in ${home}. Type "reset" to go on: `,
  );
  terminal.close();
  return answer.trim() === 'reset';
}
