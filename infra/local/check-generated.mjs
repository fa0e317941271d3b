#!/usr/bin/env node
// Generated files that are committed must be what their generators make of the sources today.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const generators = [
  {
    what: "the OpenAPI document, the SDK's types and the page of errors",
    script: 'apps/api/dist/openapi.js',
    args: ['--write'],
    files: ['packages/sdk/openapi.json', 'packages/sdk/src/schema.ts', 'docs/errors.md', 'docs/access.md'],
  },
];

let isCurrent = true;
for (const { what, script, args, files } of generators) {
  if (!existsSync(path.join(root, script))) {
    console.error(`${what}: ${script} is missing; run \`npm run build\` first`);
    isCurrent = false;
    continue;
  }
  const before = files.map(read);
  execFileSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CHECKPOINT_DISABLE: '1' },
  });
  const changed = files.filter((file, i) => read(file) !== before[i]);
  if (changed.length === 0) continue;
  isCurrent = false;
  console.error(`${what}: ${changed.join(', ')} is not current; run \`node ${script} ${args.join(' ')}\` and commit`);
  // A check changes nothing.
  for (const [i, file] of files.entries()) if (before[i] !== undefined) writeFileSync(path.join(root, file), before[i]);
}
process.exitCode = isCurrent ? 0 : 1;

function read(file) {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
}
