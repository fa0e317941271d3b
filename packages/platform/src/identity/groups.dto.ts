import { z } from 'zod';
import type { Prisma } from '../kernel/database/index.js';
import { lineSchema, objectFields, pageOf, timeSchema } from '../kernel/http/schemas.js';

export const createGroupBody = z.strictObject({
  name: lineSchema
    .min(1)
    .max(200)
    .regex(/^[^/\p{Cc}]+$/u, 'Without slashes and control characters.')
    .meta({ description: 'As the directory or the issuer calls it.' }),
});
export type CreateGroup = z.output<typeof createGroupBody>;

const sourceSchema = z.enum(['expected', 'scim', 'claim', 'direct']);
export const groupAnswer = z
  .object({
    ...objectFields,
    displayName: z.string(),
    source: sourceSchema.meta({
      description: '`expected`: a role names it, nobody has come with it yet; `claim`: tokens of the issuer name it.',
    }),
    memberCount: z.int(),
  })
  .meta({ id: 'Group' });
export type GroupAnswer = z.output<typeof groupAnswer>;
export const groupPage = pageOf(groupAnswer).meta({ id: 'GroupPage' });

const groupMemberAnswer = z
  .object({
    id: z.string(),
    username: z.string(),
    displayName: z.string(),
    source: z.enum(['scim', 'claim', 'direct']).meta({ description: 'Who keeps the membership.' }),
    createdAt: timeSchema,
  })
  .meta({ id: 'GroupMember' });
export type GroupMemberAnswer = z.output<typeof groupMemberAnswer>;
export const groupMemberPage = pageOf(groupMemberAnswer).meta({ id: 'GroupMemberPage' });

export const countMembers = { _count: { select: { members: true } } } as const;
export type GroupRow = Prisma.GroupGetPayload<{ include: typeof countMembers }>;

export function toGroupAnswer(row: GroupRow): GroupAnswer {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    source: sourceSchema.catch('direct').parse(row.source),
    memberCount: row._count.members,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}

export function toGroupMemberAnswer(row: Prisma.GroupMemberGetPayload<{ include: { user: true } }>): GroupMemberAnswer {
  return {
    id: row.userId,
    username: row.user.username,
    displayName: row.user.displayName,
    source: row.source === 'scim' || row.source === 'claim' ? row.source : 'direct',
    createdAt: row.createdAt.toISOString(),
  };
}
