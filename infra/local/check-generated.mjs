#!/usr/bin/env node
// Generated files that are committed must be what their generators make of the sources today.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const bin = path.join(root, 'node_modules/.bin');
const generators = [
  {
    what: 'the OpenAPI document',
    script: 'apps/api/dist/openapi.js',
    command: [process.execPath, 'apps/api/dist/openapi.js'],
    files: ['packages/sdk/openapi.json'],
    remedy: 'npm run build && node apps/api/dist/openapi.js',
  },
  {
    what: "the SDK's types",
    script: 'packages/sdk/openapi.json',
    command: [path.join(bin, 'openapi-typescript'), 'packages/sdk/openapi.json', '-o', 'packages/sdk/src/schema.ts'],
    files: ['packages/sdk/src/schema.ts'],
    remedy: 'npx openapi-typescript packages/sdk/openapi.json -o packages/sdk/src/schema.ts',
  },
];

let isCurrent = true;
for (const { what, script, command, files, remedy } of generators) {
  if (!existsSync(path.join(root, script))) {
    console.error(`${what}: ${script} is missing; run \`npm run build\` first`);
    isCurrent = false;
    continue;
  }
  const before = files.map(read);
  const [program, ...args] = command;
  execFileSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CHECKPOINT_DISABLE: '1' },
  });
  const changed = files.filter((file, i) => read(file) !== before[i]);
  if (changed.length === 0) continue;
  isCurrent = false;
  console.error(`${what}: ${changed.join(', ')} is not current; run \`${remedy}\` and commit`);
  // A check changes nothing.
  for (const [i, file] of files.entries()) if (before[i] !== undefined) writeFileSync(path.join(root, file), before[i]);
}
process.exitCode = isCurrent ? 0 : 1;

function read(file) {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
}
