import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownPackage, productionTree, withParents } from './modules.js';
import { nodeBinary, nodePackages, type Recipe } from './recipes.js';
import { type Entry, listTree } from './tree.js';

/** The user of every image here; they run as any other as well, and never write outside /tmp and /var/lib/slipway. */
const user = '1000:1000';
const checkout = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Slipway itself, for the Helm chart: `api` and `worker` differ in their last layer only. What was compiled lies in
 * /app as in the checkout. `tag` is the chart's appVersion.
 */
export function slipwayRecipes(root = checkout): Recipe[] {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/platform/package.json'), 'utf8')) as {
    version: string;
  };
  const labels = { 'org.opencontainers.image.title': 'Slipway', 'org.opencontainers.image.version': version };
  const platform = {
    tag: version,
    packages: [...nodePackages(), 'git'],
    layers: [runtime, () => productionTree(root, 'apps/api', 'app')],
  };
  const config = { user, workingDirectory: '/app', labels };
  const environment = { NODE_ENV: 'production', HOME: '/tmp' };
  const start = ['node', '--enable-source-maps', '--max-semi-space-size=8'];
  return [
    {
      ...platform,
      name: 'api',
      entries: () => [
        ...withParents(ownPackage(join(root, 'apps/api'), 'app/apps/api')),
        ...withParents(listTree(join(root, 'prisma/migrations'), 'app/prisma/migrations')),
      ],
      config: { ...config, environment, command: [...start, 'apps/api/dist/main.js'] },
    },
    {
      ...platform,
      name: 'worker',
      entries: () => withParents(ownPackage(join(root, 'apps/worker'), 'app/apps/worker')),
      config: { ...config, environment, command: [...start, 'apps/worker/dist/main.js'] },
    },
    {
      name: 'portal',
      tag: version,
      packages: nodePackages(),
      layers: [runtime],
      entries: () => portal(root),
      config: {
        ...config,
        environment: { ...environment, NEXT_TELEMETRY_DISABLED: '1' },
        command: [...start, 'portal.mjs'],
      },
    },
  ];
}

/** Node, and a name for the user that git and others look up. */
function runtime(): Entry[] {
  const passwd = 'root:x:0:0:root:/root:/bin/bash\nslipway:x:1000:1000:Slipway:/tmp:/usr/sbin/nologin\n';
  return [
    ...nodeBinary(),
    { type: 'file', path: 'etc/passwd', content: `${passwd}nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n` },
    { type: 'file', path: 'etc/group', content: 'root:x:0:\nslipway:x:1000:\nnogroup:x:65534:\n' },
    { type: 'directory', path: 'var/lib/slipway', uid: 1000, gid: 1000 },
  ];
}

/** Next's standalone server listens where HOSTNAME says, which in a pod is the pod's name. */
const portalStart = `process.env.HOSTNAME = process.env.SLIPWAY_BIND ?? '0.0.0.0';
process.env.PORT = process.env.SLIPWAY_PORTAL_PORT ?? '7600';
await import('./apps/portal/server.js');
`;

function portal(root: string): Entry[] {
  const standalone = join(root, 'apps/portal/.next/standalone');
  if (!existsSync(standalone)) throw new Error(`${standalone} is missing: \`npm run build\``);
  const isUnread = (name: string) => /\.(d\.ts|map)$/.test(name);
  return [...listTree(standalone, 'app', isUnread), { type: 'file', path: 'app/portal.mjs', content: portalStart }];
}
