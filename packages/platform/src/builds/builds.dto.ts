import { z } from 'zod';
import { objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

export const createBuildSchema = z
  .strictObject({
    source: z
      .discriminatedUnion('type', [
        z.strictObject({ type: z.literal('upload'), upload: z.uuid() }),
        z.strictObject({
          type: z.literal('git'),
          ref: z
            .string()
            .max(250)
            .refine(
              (ref) => /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(ref) && !ref.includes('..'),
              'A branch, tag or commit.',
            )
            .optional(),
        }),
      ])
      .optional()
      .meta({ description: "Default: the reference of the application's git source, or its latest upload." }),
    deploy: z
      .strictObject({ environment: z.string().min(1).max(63) })
      .optional()
      .meta({ description: 'Roll the release out when the build succeeds.' }),
  })
  .meta({
    id: 'CreateBuild',
    example: { source: { type: 'git', ref: 'main' }, deploy: { environment: 'production' } },
  });
export type CreateBuild = z.output<typeof createBuildSchema>;

export const buildSchema = z
  .object({
    ...objectFields,
    number: z.int(),
    state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
    source: z.union([
      z.object({ type: z.literal('upload'), upload: z.string() }),
      z.object({ type: z.literal('git'), url: z.string(), ref: z.string() }),
    ]),
    image: z.string().nullable(),
    release: z.int().nullable(),
    rollout: z.string().nullable(),
    environment: z.string().nullable().meta({ description: 'Where its release is rolled out.' }),
    error: z.string().nullable(),
    createdBy: z.string(),
    startedAt: timeSchema.nullable(),
    finishedAt: timeSchema.nullable(),
    operation: z.string().nullable(),
  })
  .meta({ id: 'Build' });
export type BuildAnswer = z.output<typeof buildSchema>;
export const buildPageSchema = pageOf(buildSchema).meta({ id: 'BuildPage' });
export const buildQuerySchema = pageQuerySchema.extend({
  state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']).optional(),
});
export type BuildQuery = z.output<typeof buildQuerySchema>;
