import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '@slipway/platform/kernel/config/config';
import { migrate } from '@slipway/platform/kernel/database/migrate';

// Beside the sources in a checkout; images name their own place.
const beside = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
const folder = path.resolve(process.argv[2] ?? beside);
const applied = await migrate({ databaseUrl: loadConfig().databaseUrl, folder });
console.log(JSON.stringify({ level: 'info', msg: 'The database is up to date', applied }));
