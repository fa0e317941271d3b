import { z } from 'zod';
import { objectFields, pageOf, pageQuerySchema } from '../kernel/http/schemas.js';

export const createReleaseSchema = z
  .strictObject({
    image: z
      .string()
      .max(500)
      .regex(
        /^[a-z0-9][a-zA-Z0-9.:_/-]*(@sha256:[0-9a-f]{64})?$/,
        'An image reference, such as registry.example.com/name:tag.',
      )
      .optional()
      .meta({
        description:
          "Pin it by digest (`name@sha256:…`): a tag may move. Default: the image of the latest release, or of the application's source.",
      }),
    build: z.int().min(1).optional().meta({ description: 'The number of a build that succeeded.' }),
    description: z.string().max(500).optional(),
  })
  .refine((body) => body.image === undefined || body.build === undefined, 'Name an image or a build, not both.')
  .meta({ id: 'CreateRelease', example: { build: 3, description: 'Faster search' } });
export type CreateRelease = z.output<typeof createReleaseSchema>;

export const releaseSchema = z
  .object({
    ...objectFields,
    number: z.int(),
    hash: z.string(),
    image: z.string(),
    build: z.int().nullable(),
    config: z
      .record(
        z.string(),
        z.object({
          version: z.int().meta({ description: "Of the application's own; 0 where it had none." }),
          hash: z.string().meta({ description: 'Of what counts, of all scopes.' }),
          secrets: z.record(z.string(), z.int()),
          inherited: z
            .object({ tenant: z.int(), project: z.int(), environment: z.int() })
            .partial()
            .optional()
            .meta({ description: 'The versions of the outer scopes, where they had any.' }),
        }),
      )
      .meta({ description: 'By environment.' }),
    processes: z.record(z.string(), z.unknown()),
    hooks: z.record(z.string(), z.unknown()).meta({ description: 'What runs before and after its rollout.' }),
    routes: z
      .record(z.string(), z.array(z.string()))
      .meta({ description: 'Host names by environment when the release was made.' }),
    scaling: z.record(z.string(), z.unknown()),
    createdBy: z.string(),
    description: z.string(),
  })
  .meta({ id: 'Release' });
export type ReleaseAnswer = z.output<typeof releaseSchema>;
export const releasePageSchema = pageOf(releaseSchema).meta({ id: 'ReleasePage' });
export const releaseQuerySchema = pageQuerySchema;

export const diffQuerySchema = z.strictObject({
  with: z.coerce
    .number()
    .int()
    .min(1)
    .meta({ description: 'The number of the release to compare with: what changed since it.' }),
  fields: z.string().max(500).optional(),
});
export type DiffQuery = z.output<typeof diffQuerySchema>;

export const releaseDiffSchema = z
  .object({ changes: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })) })
  .meta({ id: 'ReleaseDiff' });
