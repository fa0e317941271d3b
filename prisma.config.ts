import { defineConfig } from 'prisma/config';

/** The url serves authoring only: the product applies migrations itself (packages/platform/src/kernel/database/migrate.ts). */
export default defineConfig({
  schema: 'prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['SLIPWAY_DATABASE_URL'] ?? 'postgres://slipway@127.0.0.1:7632/slipway' },
});
