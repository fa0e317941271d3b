import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';
import { blockedReasons, blueprintParts } from './blueprint-plan.rules.js';

const versionSchema = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

export const planQuerySchema = z.strictObject({
  version: z.coerce
    .number()
    .pipe(versionSchema)
    .optional()
    .meta({ description: 'Which version to compare with. Default: the newest.' }),
  fields: z.string().max(500).optional(),
});
export type PlanQuery = z.output<typeof planQuerySchema>;

const changeSchema = z
  .object({
    path: z.string().meta({
      description: 'Names the change in `remove` and `overwrite`.',
      example: 'environments.staging.config.LOG_LEVEL',
    }),
    part: z.enum(blueprintParts),
    environment: z.string().nullable().meta({ description: "Null: the project's own." }),
    name: z.string(),
    change: z.enum(['add', 'change', 'remove']),
    from: z.string().nullable().meta({ description: 'What the project has; null: nothing.' }),
    to: z.string().nullable().meta({ description: 'What the blueprint says; null: nothing.' }),
    isOwn: z.boolean().meta({
      description: 'The project has something other than its blueprint gave it: it stays unless `overwrite` names it.',
    }),
    blocked: z.enum(blockedReasons).nullable().meta({ description: 'Why it cannot be applied.' }),
  })
  .meta({ id: 'BlueprintChange' });

const planFields = {
  blueprint: z.string().nullable(),
  isGone: z.boolean().meta({ description: 'The blueprint is there no more: nothing can be applied.' }),
  madeFrom: z.int().nullable().meta({ description: 'The version that the project has; null: nobody knows any more.' }),
  newest: z.int().nullable(),
};

export const projectBlueprintAnswer = z
  .object({
    ...planFields,
    target: z.int().nullable().meta({ description: 'The version that it was compared with.' }),
    changes: z
      .array(changeSchema)
      .meta({ description: 'What would change; what the caller may not read of the project is left out.' }),
    version: z.int().meta({ description: 'Of the project; in the ETag.' }),
    updatedAt: timeSchema,
  })
  .meta({ id: 'ProjectBlueprint' });
export type ProjectBlueprintAnswer = z.output<typeof projectBlueprintAnswer>;

const paths = z.array(z.string().min(1).max(500)).max(500).default([]);

export const applyBlueprintBody = z
  .strictObject({
    version: versionSchema.optional().meta({ description: 'Default: the newest.' }),
    remove: paths.meta({
      description: 'Paths of what the blueprint gives no more and is to be taken away. Nothing else goes.',
    }),
    overwrite: paths.meta({
      description: 'Paths of what the project has made its own and is to become the blueprint’s again.',
    }),
  })
  .meta({ id: 'ApplyBlueprint', example: { version: 3, remove: ['config.OLD_FLAG'] } });
export type ApplyBlueprint = z.output<typeof applyBlueprintBody>;

export const appliedBlueprintAnswer = z
  .object({
    ...planFields,
    applied: z.array(changeSchema),
    kept: z.array(changeSchema).meta({ description: 'What stays as it is, and is the project’s own from now on.' }),
    version: z.int(),
    updatedAt: timeSchema,
  })
  .meta({ id: 'AppliedBlueprint' });
export type AppliedBlueprintAnswer = z.output<typeof appliedBlueprintAnswer>;
