// Node packages and the build, each skipped while what it is made from has not changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './progress.mjs';

const sources = ['apps', 'packages', 'infra', 'prisma'];
const rootFiles = ['package.json', 'package-lock.json', 'turbo.json', 'tsconfig.base.json', 'prisma.config.ts'];
const skipped = new Set(['node_modules', 'dist', '.next', '.turbo', 'generated', 'coverage']);
const outputs = [
  'infra/local/dist/cli.js',
  'infra/images/dist/cli.js',
  'packages/cli/dist',
  'apps/api/dist/main.js',
  'apps/worker/dist/main.js',
  'apps/cluster/dist/main.js',
  'apps/portal/.next/standalone/apps/portal/server.js',
];
const quiet = {
  TURBO_TELEMETRY_DISABLED: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  CHECKPOINT_DISABLE: '1',
  DO_NOT_TRACK: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
};

/**
 * Installs what the lock file says where it, Node or node_modules changed. `npm ci` where nothing is installed yet; after
 * that only what differs, for `npm ci` would empty node_modules under processes that run. Answers what it did, in words.
 */
export async function installModules(root, { log, note }) {
  const stamp = hash([process.version, process.arch, readFileSync(join(root, 'package-lock.json'), 'utf8')]);
  if (readStamp(root, 'npm') === stamp && existsSync(join(root, 'node_modules/.package-lock.json'))) return 'unchanged';
  const way = existsSync(join(root, 'node_modules/.package-lock.json')) ? ['install', '--no-save'] : ['ci'];
  const flags = ['--no-audit', '--no-fund', '--include=dev', '--loglevel=http'];
  let fetched = 0;
  await run('npm', [...way, ...flags], {
    cwd: root,
    log,
    env: { ...process.env, ...quiet, NODE_ENV: 'development' },
    onLine: (line) => {
      if (line.includes('http fetch GET 200')) note(`${++fetched} packages fetched`);
    },
  });
  writeStamp(root, 'npm', stamp);
  return undefined;
}

/** Builds all workspaces where a source changed. Answers what it did, in words. */
export async function build(root, { log, note, withTests }) {
  const name = withTests ? 'build-with-tests' : 'build';
  const stamp = sourceHash(root);
  const isThere = outputs.every((file) => existsSync(join(root, file)));
  if (isThere && readStamp(root, name) === stamp) return 'unchanged';
  const filter = withTests ? [] : ['--filter=!@slipway/test'];
  await run(
    'npx',
    ['--no-install', 'turbo', 'run', 'build', '--env-mode=loose', '--ui=stream', '--concurrency=2', ...filter],
    {
      cwd: root,
      log,
      // A compiler that is given less takes less, and a small machine need not swap.
      env: {
        ...process.env,
        ...quiet,
        NODE_ENV: 'production',
        NODE_OPTIONS: process.env.NODE_OPTIONS ?? '--max-old-space-size=2048',
      },
      onLine: (line) => {
        const task = /^(@?[\w/-]+):(build|generate):/.exec(line);
        if (task) note(`${task[2]} ${task[1]}`);
      },
    },
  );
  writeStamp(root, name, stamp);
  if (withTests) writeStamp(root, 'build', stamp);
  return undefined;
}

/** Changes with every source that goes into the running processes; tests do not. */
export function sourceHash(root) {
  const digest = createHash('sha256');
  digest.update(process.version);
  const walk = (directory) => {
    const entries = readdirSync(join(root, directory), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    for (const entry of entries) {
      const path = `${directory}/${entry.name}`;
      if (skipped.has(entry.name) || /\.test\.tsx?$|\.tsbuildinfo$|\.md$/.test(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) digest.update(`${path}\0`).update(readFileSync(join(root, path)));
    }
  };
  for (const directory of sources) walk(directory);
  for (const file of rootFiles) if (existsSync(join(root, file))) digest.update(readFileSync(join(root, file)));
  return digest.digest('hex').slice(0, 24);
}

function hash(parts) {
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}

function stampFile(root, name) {
  return join(root, 'node_modules/.cache/slipway', `${name}.stamp`);
}

function readStamp(root, name) {
  return existsSync(stampFile(root, name)) ? readFileSync(stampFile(root, name), 'utf8') : undefined;
}

function writeStamp(root, name, value) {
  mkdirSync(join(root, 'node_modules/.cache/slipway'), { recursive: true });
  writeFileSync(stampFile(root, name), value);
}
