import { z } from 'zod';
import type { BlueprintModel } from '../kernel/database/index.js';
import { displayNameSchema, nameSchema, pageOf, timeSchema } from '../kernel/http/schemas.js';
import { type BuiltInBlueprint, findDuplicates } from './blueprints.rules.js';

const limitsSchema = z
  .record(z.string().max(100), z.union([z.string().max(50), z.number().min(0)]))
  .meta({ description: 'By resource, as Kubernetes quantities.', example: { 'requests.cpu': '4', pods: 20 } });

const environmentSchema = z.strictObject({
  name: nameSchema,
  kind: z.enum(['production', 'staging', 'development']),
  limits: limitsSchema.default({}),
});

export const blueprintContent = z.strictObject({
  environments: z
    .array(environmentSchema)
    .min(1)
    .max(10)
    .refine((environments) => findDuplicates(environments).length === 0, 'Each environment needs a name of its own.'),
  groups: z
    .array(
      z.strictObject({
        group: z.string().min(1).max(200),
        role: z.enum(['admin', 'developer', 'operator', 'viewer']),
      }),
    )
    .max(20)
    .default([]),
  limits: limitsSchema.default({}),
});

export const createBlueprintBody = z
  .strictObject({
    name: nameSchema,
    displayName: displayNameSchema.optional(),
    description: z.string().trim().max(1000).default(''),
    content: blueprintContent,
  })
  .meta({
    id: 'CreateBlueprint',
    example: {
      name: 'two-stage',
      content: {
        environments: [
          { name: 'staging', kind: 'staging' },
          { name: 'production', kind: 'production' },
        ],
        groups: [{ group: 'web-developers', role: 'developer' }],
      },
    },
  });
export type CreateBlueprint = z.output<typeof createBlueprintBody>;

export const updateBlueprintBody = z
  .strictObject({
    displayName: displayNameSchema.optional(),
    description: z.string().trim().max(1000).optional(),
    content: blueprintContent.optional().meta({ description: 'The whole; projects that exist stay as they are.' }),
  })
  .meta({ id: 'UpdateBlueprint' });
export type UpdateBlueprint = z.output<typeof updateBlueprintBody>;

export const blueprintAnswer = z
  .object({
    id: z.string().nullable().meta({ description: 'Null for a built-in one.' }),
    name: z.string(),
    displayName: z.string(),
    description: z.string(),
    scope: z.enum(['built-in', 'platform', 'tenant']),
    content: blueprintContent,
    createdAt: timeSchema.nullable(),
    updatedAt: timeSchema.nullable(),
    version: z.int(),
  })
  .meta({ id: 'Blueprint' });
export type BlueprintAnswer = z.output<typeof blueprintAnswer>;
export const blueprintPage = pageOf(blueprintAnswer).meta({ id: 'BlueprintPage' });

export function toBlueprintAnswer(row: BlueprintModel): BlueprintAnswer {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    description: row.description,
    scope: row.tenantId === null ? 'platform' : 'tenant',
    content: blueprintContent.parse(row.content),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}

export function toBuiltInAnswer({ content, ...named }: BuiltInBlueprint): BlueprintAnswer {
  const texts = { id: null, ...named, scope: 'built-in' as const, createdAt: null, updatedAt: null, version: 1 };
  return { ...texts, content: blueprintContent.parse(content) };
}
