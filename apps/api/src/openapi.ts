import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { renderAccessPage } from '@slipway/platform/kernel/access/access-page';
import { loadConfig } from '@slipway/platform/kernel/config/config';
import { renderErrorsPage } from '@slipway/platform/kernel/errors/errors-page';
import { createDocument, listRoutes } from '@slipway/platform/kernel/http/openapi';
import { platformVersion } from '@slipway/platform/kernel/version';
import { createApiModule } from './api.module.js';

// Prints the OpenAPI document; with --write, renews the SDK, docs/errors.md and docs/access.md. Nothing is started, nothing connected to.
const root = new URL('../../../', import.meta.url);
const inRoot = (path: string) => fileURLToPath(new URL(path, root));
const config = loadConfig({
  SLIPWAY_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  SLIPWAY_REDIS_URL: 'redis://127.0.0.1:1',
  SLIPWAY_LOG_LEVEL: 'error',
});
const app = await NestFactory.create(createApiModule(config), { logger: ['error'], bodyParser: false });
const document = createDocument(listRoutes(app.get(DiscoveryService, { strict: false })), platformVersion);
const text = `${JSON.stringify(document, null, 2)}\n`;
if (process.argv.includes('--write')) {
  await writeFile(inRoot('packages/sdk/openapi.json'), text);
  await writeFile(inRoot('docs/errors.md'), renderErrorsPage());
  await writeFile(inRoot('docs/access.md'), renderAccessPage());
  const command = inRoot('node_modules/openapi-typescript/bin/cli.js');
  const paths = ['packages/sdk/openapi.json', '-o', 'packages/sdk/src/schema.ts'];
  await promisify(execFile)(process.execPath, [command, ...paths], { cwd: fileURLToPath(root) });
} else {
  process.stdout.write(text);
}
process.exit(0);
