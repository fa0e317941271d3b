import { z } from 'zod';
import { mostValue, variableName } from '../config/config-writes.service.js';
import type { BlueprintModel, BlueprintVersionModel } from '../kernel/database/index.js';
import { displayNameSchema, nameSchema, pageOf, timeSchema } from '../kernel/http/schemas.js';
import { modes } from '../network-policies/project-networks.service.js';
import { type BuiltInBlueprint, environmentKinds, findDuplicates, givenRoles } from './blueprints.rules.js';

const limitsSchema = z
  .record(z.string().max(100), z.union([z.string().max(50), z.number().min(0)]))
  .meta({ description: 'By resource, as Kubernetes quantities.', example: { 'requests.cpu': '4', pods: 20 } });

const mostNames = 100;
const mostBytes = 64 * 1024;
const configSchema = z
  .record(variableName, z.string().max(mostValue))
  .refine((config) => Object.keys(config).length <= mostNames, `At most ${mostNames} names.`)
  .refine((config) => Buffer.byteLength(JSON.stringify(config)) <= mostBytes, `At most ${mostBytes / 1024} KiB.`)
  .meta({ description: 'Variables by name. Whoever reads the blueprint reads them: no secrets.' });

const environmentSchema = z.strictObject({
  name: nameSchema,
  kind: z.enum(environmentKinds),
  limits: limitsSchema.default({}),
  config: configSchema.default({}),
});

export const blueprintContent = z.strictObject({
  environments: z
    .array(environmentSchema)
    .min(1)
    .max(10)
    .superRefine((environments, context) => {
      for (const index of findDuplicates(environments))
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: 'Each environment needs a name of its own.',
        });
    }),
  groups: z
    .array(
      z.strictObject({
        group: z.string().min(1).max(200),
        role: z.enum(givenRoles),
      }),
    )
    .max(20)
    .default([]),
  limits: limitsSchema.default({}),
  config: configSchema.default({}),
  network: z
    .strictObject({ mode: z.enum(modes) })
    .optional()
    .meta({ description: "How far the project's namespaces reach. Left out: as its tenant says." }),
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
        config: { LOG_LEVEL: 'info' },
        network: { mode: 'project' },
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
    version: z.int().meta({ description: 'The number of its newest version; every change makes one.' }),
  })
  .meta({ id: 'Blueprint' });
export type BlueprintAnswer = z.output<typeof blueprintAnswer>;
export const blueprintPage = pageOf(blueprintAnswer).meta({ id: 'BlueprintPage' });

const versionFields = {
  number: z.int(),
  displayName: z.string(),
  description: z.string(),
  createdAt: timeSchema.nullable().meta({ description: 'Null for a built-in one.' }),
  createdBy: z.string().nullable(),
};
const blueprintVersionOutline = z.object(versionFields).meta({ id: 'BlueprintVersionOutline' });
export type BlueprintVersionOutline = z.output<typeof blueprintVersionOutline>;
export const blueprintVersionPage = pageOf(blueprintVersionOutline).meta({ id: 'BlueprintVersionPage' });
export const blueprintVersionAnswer = z
  .object({ ...versionFields, content: blueprintContent })
  .meta({ id: 'BlueprintVersion' });
export type BlueprintVersionAnswer = z.output<typeof blueprintVersionAnswer>;

export const toVersionOutline = (row: Omit<BlueprintVersionModel, 'content'>): BlueprintVersionOutline => ({
  number: row.number,
  displayName: row.displayName,
  description: row.description,
  createdAt: row.createdAt.toISOString(),
  createdBy: row.createdBy,
});

export const toVersionAnswer = (row: BlueprintVersionModel): BlueprintVersionAnswer => ({
  ...toVersionOutline(row),
  content: blueprintContent.parse(row.content),
});

export function toBuiltInVersion({ displayName, description, content }: BuiltInBlueprint): BlueprintVersionAnswer {
  const texts = { number: 1, displayName, description, createdAt: null, createdBy: null };
  return { ...texts, content: blueprintContent.parse(content) };
}

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
