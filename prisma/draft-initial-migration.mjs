#!/usr/bin/env node
// Writes prisma/migrations/0001_initial/migration.sql from the models. Only until the first release: from then on a change
// is a new migration. Needs any PostgreSQL in SLIPWAY_DATABASE_URL (it reads the server's version, and changes nothing).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';

const here = path.dirname(fileURLToPath(import.meta.url));
const url = process.env.SLIPWAY_DATABASE_URL;
if (!url) throw new Error('SLIPWAY_DATABASE_URL is not set: name any PostgreSQL database.');
const engineFolder = path.dirname(
  createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
);
const engineModule = await import(path.join(engineFolder, 'schema_engine_bg.js'));
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(message) };
const wasm = readFileSync(path.join(engineFolder, 'schema_engine_bg.wasm'));
const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': engineModule });
engineModule.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

const schemas = ['schema.prisma', ...readdirSync(path.join(here, 'models')).map((name) => `models/${name}`)];
const files = schemas.map((name) => ({ path: name, content: readFileSync(path.join(here, name), 'utf8') }));
const connect = () => new PrismaPg({ connectionString: url }).connect();
const factory = { provider: 'postgres', adapterName: 'pg', connect, connectToShadowDb: connect };
const engine = await engineModule.SchemaEngine.new(
  { datamodels: files.map((file) => [file.path, file.content]) },
  () => undefined,
  bindMigrationAwareSqlAdapterFactory(factory),
);
const { stdout } = await engine.diff({
  from: { tag: 'empty' },
  to: { tag: 'schemaDatamodel', files },
  script: true,
  exitCode: null,
  filters: { externalTables: [], externalEnums: [] },
  shadowDatabaseUrl: null,
});
writeFileSync(path.join(here, 'migrations/0001_initial/migration.sql'), `${stdout.trimEnd()}\n`);
process.exit(0);
