// An API server in a process of its own, for tests and load that measure or kill it.
//   node dist/testing/server-process.js DATABASE_URL DIRECTORY PORT [quiet]
// Writes DIRECTORY/kubeconfig, and a line `ready <milliseconds since the process began>` when it serves.
import { join } from 'node:path';
import pg from 'pg';
import { startApiServer } from '../server/index.js';

const [url, directory, port, volume] = process.argv.slice(2);
if (!url || !directory || !port) throw new Error('name the database, a directory and a port');
const pool = new pg.Pool({ connectionString: url, max: 8 });
const say = (level: string) => (details: object, message: string) => {
  if (volume !== 'quiet') console.error(level, message, details);
};
const server = await startApiServer({
  pool,
  directory,
  bind: '127.0.0.1',
  port: Number(port),
  serviceCidr: '100.127.0.0/20',
  kubeconfig: join(directory, 'kubeconfig'),
  log: { info: () => {}, warn: say('warn'), error: say('error') },
});
console.log(`ready ${Math.round(performance.now())}`);
process.on('SIGTERM', () => {
  server
    .stop()
    .then(() => pool.end())
    .then(() => process.exit(0));
});
