import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePortBase } from '@slipway/local';
import { measureDeploy } from './deploy.js';
import { printFigures } from './figure.js';
import { measurePods } from './pods.js';
import { measureStart } from './start.js';

// `npm run bench`: on the platform of SLIPWAY_E2E_HOME, or on one of its own that is reset afterwards.
const cli = join(import.meta.dirname, '../../../infra/local/dist/cli.js');
const given = process.env['SLIPWAY_E2E_HOME'];
const home = given ?? mkdtempSync(join(tmpdir(), 'slipway-bench-'));
const env = {
  ...process.env,
  SLIPWAY_HOME: home,
  ...(given ? {} : { SLIPWAY_PORT_BASE: `${await findFreePortBase(23_000)}` }),
};
const run = (...args: string[]) =>
  execFileSync(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
try {
  if (!given) run('start');
  printFigures(await measureStart(home, cli, env));
  printFigures(await measurePods(home));
  printFigures(measureDeploy(home));
} finally {
  if (!given) run('reset', '--yes');
}
