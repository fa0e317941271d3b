import { parseArguments } from './arguments.js';
import { backup, restore } from './commands/backup.js';
import { logs } from './commands/logs.js';
import { reset } from './commands/reset.js';
import { start } from './commands/start.js';
import { restart, status, stop } from './commands/supervised.js';
import { ConfigError } from './config.js';

const commands = { start, stop, status, restart, logs, reset, backup, restore };

// A reader that had enough (`| head`) is no failure.
process.stdout.on('error', () => process.exit());

const [name = '', ...rest] = process.argv.slice(2);
try {
  if (rest.includes('--help') || rest.includes('-h')) {
    throw new ConfigError(`${name}: docs/guide/administration.md says what it does and which options it takes.`);
  }
  const command = Object.entries(commands).find(([known]) => known === name)?.[1];
  if (!command) throw new ConfigError(`unknown command ${name}: one of ${Object.keys(commands).join(', ')}`);
  process.exitCode = await command(parseArguments(rest));
} catch (error) {
  // A ConfigError's text is all that its reader needs; anything else is a fault of ours.
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
