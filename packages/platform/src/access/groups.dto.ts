import { z } from 'zod';
import type { GroupModel } from '../kernel/database/index.js';
import { objectFields, pageOf } from '../kernel/http/schemas.js';

export const groupAnswer = z
  .object({
    ...objectFields,
    displayName: z.string(),
    source: z.enum(['expected', 'scim', 'claim']).meta({
      description: '`expected`: named by a binding, and nobody has come with it yet.',
    }),
    memberCount: z.int(),
    bindingCount: z.int().meta({ description: 'How many roles it has been given.' }),
  })
  .meta({ id: 'Group' });
export type GroupAnswer = z.output<typeof groupAnswer>;
export const groupPage = pageOf(groupAnswer).meta({ id: 'GroupPage' });

export const groupMemberAnswer = z
  .object({ id: z.string(), username: z.string(), displayName: z.string() })
  .meta({ id: 'GroupMember' });
export type GroupMemberAnswer = z.output<typeof groupMemberAnswer>;
export const groupMemberPage = pageOf(groupMemberAnswer).meta({ id: 'GroupMemberPage' });

const sourceSchema = z.enum(['expected', 'scim', 'claim']).catch('expected');

export function toGroupAnswer(row: GroupModel & { _count: { members: number; bindings: number } }): GroupAnswer {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    source: sourceSchema.parse(row.source),
    memberCount: row._count.members,
    bindingCount: row._count.bindings,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
