#!/usr/bin/env node
// Generates the Prisma client from prisma/ into packages/platform/src/generated. Needs no download: generation is pure
// JavaScript, so the schema engine it would fetch is replaced by a command that does nothing.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const { status } = spawnSync(path.join(root, 'node_modules/.bin/prisma'), ['generate', '--no-hints'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', CHECKPOINT_DISABLE: '1' },
});
process.exit(status ?? 1);
