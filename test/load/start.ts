import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureMemory } from '@slipway/local';
import type { Figure } from './figure.js';

const megabyte = 1024 * 1024;

/** How long a start takes (the first one of the home, if it was `npm start`; then a warm one) and what it takes at rest. */
export async function measureStart(home: string, cli: string, env: NodeJS.ProcessEnv): Promise<Figure[]> {
  const run = (command: string) =>
    execFileSync(process.execPath, [cli, command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const fresh = readFreshStart(home);
  run('stop');
  const began = performance.now();
  run('start');
  const warm = (performance.now() - began) / 1000;
  // Figures at rest are those of a platform whose caches have settled.
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const memory = measureMemory(home);
  const total = (of: typeof memory, field: 'pssBytes' | 'rssBytes') =>
    of.reduce((sum, process) => sum + process[field], 0) / megabyte;
  const node = memory.filter(({ isNode }) => isNode);
  const each = memory.map(({ name, processes, pssBytes, rssBytes }) => ({
    name: `  ${name} (${processes})`,
    value: pssBytes / megabyte,
    unit: 'MB PSS',
    note: `${(rssBytes / megabyte).toFixed(0)} MB RSS`,
  }));
  return [
    ...fresh,
    { name: 'warm start to ready', value: warm, unit: 's', note: 'aim: under 15' },
    {
      name: 'idle memory, our Node processes',
      value: total(node, 'pssBytes'),
      unit: 'MB PSS',
      note: `${total(node, 'rssBytes').toFixed(0)} MB RSS`,
    },
    {
      name: 'idle memory, everything',
      value: total(memory, 'pssBytes'),
      unit: 'MB PSS',
      note: `${total(memory, 'rssBytes').toFixed(0)} MB RSS; aim: under 900`,
    },
    ...each,
  ];
}

/** `npm start` notes its own times in the home. */
function readFreshStart(home: string): Figure[] {
  const file = join(home, 'logs/start.log');
  if (!existsSync(file)) return [];
  const [line = '{}'] = readFileSync(file, 'utf8').split('\n');
  const { seconds, steps = {} } = JSON.parse(line) as { seconds?: number; steps?: Record<string, number> };
  if (seconds === undefined) return [];
  const parts = Object.entries(steps).map(([step, took]) => `${step} ${took.toFixed(0)} s`);
  return [{ name: 'first npm start to ready', value: seconds, unit: 's', note: parts.join(', ') }];
}
