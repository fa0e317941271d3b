import { portOffsets } from '../bootstrap/ports.mjs';
import { loadConfig } from './config.js';
import { openLog } from './log-files.js';
import { supervise } from './supervisor.js';

/** The supervisor's process: everything that it needs is in its environment. */
const config = loadConfig(portOffsets);
try {
  await supervise(config, process.env['SLIPWAY_BUILD'] ?? '');
  process.exit(0);
} catch (error) {
  openLog(config.home)('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
