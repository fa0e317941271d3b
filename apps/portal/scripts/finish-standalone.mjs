// Next leaves static files out of its standalone folder so that a CDN may serve them; on one machine the server serves them itself.
import { cp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const portal = join(dirname(fileURLToPath(import.meta.url)), '..');
const standalone = join(portal, '.next/standalone/apps/portal');

await rm(join(standalone, '.next/static'), { recursive: true, force: true });
await cp(join(portal, '.next/static'), join(standalone, '.next/static'), { recursive: true });
