import { portOffsets } from '../../bootstrap/ports.mjs';
import type { Arguments } from '../arguments.js';
import { ConfigError, loadConfig } from '../config.js';
import { endContainers } from '../containers.js';
import { askSupervisor } from '../control.js';
import { findRecord, isAlive, send } from '../process.js';
import { supervisorName } from '../service.js';
import { isReady, statusTable } from '../status.js';

/** `status [-o json]`: 0 where everything is ready, 3 where it does not run, 1 otherwise. */
export async function status({ flags }: Arguments): Promise<number> {
  const config = loadConfig(portOffsets, flags);
  const seen = await askSupervisor(config.home, { do: 'status' });
  if (flags['output'] === 'json') {
    const answer = seen
      ? { running: true, ready: isReady(seen), ...seen }
      : { running: false, ready: false, home: config.home };
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  } else if (seen) {
    process.stdout.write(`${statusTable(seen, Date.now())}\n`);
  } else {
    process.stdout.write(`Slipway does not run in ${config.home}. Start it with \`npm start\`.\n`);
  }
  if (!seen) return 3;
  return isReady(seen) ? 0 : 1;
}

/** `stop [--containers]`: every process in reverse. Applications' containers go on unless told otherwise. */
export async function stop({ flags }: Arguments): Promise<number> {
  const config = loadConfig(portOffsets, flags);
  const record = findRecord(config.home, supervisorName);
  if (flags['containers']) await endContainers(config.home);
  if (!record) {
    process.stdout.write(`Slipway does not run in ${config.home}.\n`);
    return 0;
  }
  if (!(await askSupervisor(config.home, { do: 'stop' }))) send(record.pid, 'SIGTERM');
  for (let waited = 0; isAlive(record) && waited < 600; waited++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  if (isAlive(record))
    throw new ConfigError(`the supervisor (pid ${record.pid}) does not end: see \`npm run logs supervisor\``);
  process.stdout.write('Slipway is stopped. Start it again with `npm start`.\n');
  return 0;
}

/** `restart <process>`: one process, in place. */
export async function restart({ flags, words }: Arguments): Promise<number> {
  const config = loadConfig(portOffsets, flags);
  const [service] = words;
  if (!service) throw new ConfigError('restart which process? See `npm run status`.');
  const seen = await askSupervisor(config.home, { do: 'restart', service });
  if (!seen) throw new ConfigError(`Slipway does not run in ${config.home}`);
  process.stdout.write(`${service} restarts.\n`);
  return 0;
}
