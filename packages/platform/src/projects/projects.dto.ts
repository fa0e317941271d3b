import { z } from 'zod';
import { displayNameSchema, nameSchema, objectFields, pageOf } from '../kernel/http/schemas.js';
import type { ProjectRow } from './projects.repository.js';

export const createProjectBody = z.strictObject({
  name: nameSchema,
  displayName: displayNameSchema.optional(),
  blueprint: z.string().max(100).optional().meta({ description: 'What it is made from. Default: `minimal`.' }),
});
export type CreateProject = z.output<typeof createProjectBody>;

export const updateProjectBody = z.strictObject({ displayName: displayNameSchema.optional() });
export type UpdateProject = z.output<typeof updateProjectBody>;

export const projectAnswer = z
  .object({
    ...objectFields,
    displayName: z.string(),
    state: z.enum(['active', 'deleting']),
    blueprint: z.string().nullable().meta({ description: 'What it was made from.' }),
    blueprintVersion: z
      .int()
      .nullable()
      .meta({ description: 'The version of the blueprint that it was made from, or that was applied last.' }),
    environmentCount: z.int(),
  })
  .meta({ id: 'Project' });
export type ProjectAnswer = z.output<typeof projectAnswer>;
export const projectPage = pageOf(projectAnswer).meta({ id: 'ProjectPage' });

export const projectDeletion = projectAnswer
  .extend({ operation: z.string().meta({ description: 'Id of the operation that deletes it.' }) })
  .meta({ id: 'ProjectDeletion' });

export function toProjectAnswer(row: ProjectRow): ProjectAnswer {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    state: row.state === 'deleting' ? 'deleting' : 'active',
    blueprint: row.blueprint,
    blueprintVersion: row.blueprintVersion,
    environmentCount: row._count.environments,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
