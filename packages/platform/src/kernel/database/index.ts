export { Prisma } from '../../generated/prisma/client.js';
export type { JsonValue } from '../../generated/prisma/internal/prismaNamespace.js';
export type * from '../../generated/prisma/models.js';
export * from './database.js';
export * from './database-errors.js';
export {
  asPlatform,
  asTenant,
  beginRequest,
  narrowedTenant,
  narrowToTenant,
  requirePlatformWork,
} from './tenant-wall.js';
