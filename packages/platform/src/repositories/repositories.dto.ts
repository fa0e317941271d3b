import { z } from 'zod';
import { pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

export const repositorySchema = z
  .object({
    name: z.string().meta({ description: '`{project}/{application}`, under the tenant.' }),
    artifactCount: z.int(),
  })
  .meta({ id: 'Repository' });
export type RepositoryAnswer = z.output<typeof repositorySchema>;
export const repositoryPageSchema = z
  .object({ items: z.array(repositorySchema), nextCursor: z.string().nullable() })
  .meta({ id: 'RepositoryPage' });

export const artifactSchema = z
  .object({ digest: z.string(), tags: z.array(z.string()), sizeBytes: z.int(), pushedAt: timeSchema.nullable() })
  .meta({ id: 'Artifact' });
export type ArtifactAnswer = z.output<typeof artifactSchema>;
export const artifactPageSchema = z
  .object({ items: z.array(artifactSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'ArtifactPage' });
export const repositoryQuerySchema = pageQuerySchema;
