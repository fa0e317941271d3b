import { z } from 'zod';
import { pageOf, timeSchema } from '../kernel/http/schemas.js';
import type { BindingRow } from './bindings.repository.js';

const roleName = z
  .string()
  .min(1)
  .max(40)
  .meta({ description: 'A built-in role, or a custom one.', example: 'developer' });
const expiresAt = z.iso.datetime().meta({ description: 'When the role ends by itself. Default: never.' });
const groupName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cf}\s][^\p{Cc}\p{Cf}]*$/u, 'No control characters, and no blank at the beginning.')
  .meta({ description: 'A group of the directory. It may be named before anybody has come with it.' });

export const createMemberBody = z
  .strictObject({
    username: z.string().min(1).max(100).optional(),
    group: groupName.optional(),
    role: roleName,
    expiresAt: expiresAt.optional(),
  })
  .refine(({ username, group }) => (username === undefined) !== (group === undefined), {
    message: 'Name either a user or a group.',
    path: ['username'],
  });
export type CreateMember = z.output<typeof createMemberBody>;

export const updateMemberBody = z.strictObject({
  role: roleName.optional(),
  expiresAt: expiresAt.nullable().optional(),
});
export type UpdateMember = z.output<typeof updateMemberBody>;

export const memberAnswer = z
  .object({
    id: z.string(),
    name: z.string().meta({ description: 'The user name, or `group:` and the group’s.' }),
    kind: z.enum(['user', 'group']),
    username: z.string().nullable(),
    group: z.string().nullable(),
    displayName: z.string(),
    email: z.string().nullable(),
    role: roleName,
    isCustomRole: z.boolean(),
    expiresAt: timeSchema.nullable(),
    createdBy: z.string(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
    version: z.int(),
  })
  .meta({ id: 'Member' });
export type MemberAnswer = z.output<typeof memberAnswer>;
export const memberPage = pageOf(memberAnswer).meta({ id: 'MemberPage' });

/** How a member is named in paths, texts and the audit log. */
export const nameOfMember = (row: Pick<BindingRow, 'user' | 'group'>): string =>
  row.user ? row.user.username : `group:${row.group?.name ?? ''}`;

export function toMemberAnswer(row: BindingRow): MemberAnswer {
  return {
    id: row.id,
    name: nameOfMember(row),
    kind: row.user ? 'user' : 'group',
    username: row.user?.username ?? null,
    group: row.group?.name ?? null,
    displayName: row.user?.displayName ?? row.group?.name ?? '',
    email: row.user?.email ?? null,
    role: row.role,
    isCustomRole: row.roleId !== null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
