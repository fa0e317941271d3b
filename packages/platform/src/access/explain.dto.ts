import { z } from 'zod';
import { isPermission, type Permission } from '../kernel/access/permissions.js';
import { pageOf, timeSchema } from '../kernel/http/schemas.js';
import type { Explanation, KnownBinding } from './explain.rules.js';

const permissionSchema = z
  .string()
  .refine(
    (text): text is Permission => isPermission(text),
    'There is no such permission; GET /permissions lists them.',
  );

export const explainQuery = z.strictObject({
  permission: permissionSchema.meta({ example: 'rollouts:write' }),
  user: z.string().min(1).max(100).optional().meta({ description: 'User name. Default: you.' }),
  tenant: z.string().max(100).optional().meta({ description: 'Default: the platform.' }),
  project: z.string().max(100).optional().meta({ description: 'Default: the whole tenant.' }),
  fields: z.string().max(500).optional(),
});
export type ExplainQuery = z.output<typeof explainQuery>;

const reasonSchema = z.object({
  binding: z
    .string()
    .nullable()
    .meta({ description: 'Id of the role given; null for a right that comes by the issuer.' }),
  role: z.string(),
  isCustomRole: z.boolean(),
  on: z.enum(['platform', 'tenant', 'project']),
  project: z.string().nullable(),
  group: z.string().nullable().meta({ description: 'The group that it comes by; null: given to the user.' }),
  expiresAt: timeSchema.nullable(),
  createdBy: z.string().nullable(),
});

export const explainAnswer = z
  .object({
    user: z.string(),
    permission: z.string(),
    tenant: z.string().nullable(),
    project: z.string().nullable(),
    allowed: z.boolean(),
    verdict: z.enum([
      'allowed',
      'role-ended',
      'no-role',
      'role-lacks-it',
      'platform-only',
      'project-not-covered',
      'token-narrowed',
    ]),
    detail: z.string().meta({ description: 'The same as a sentence.' }),
    by: z.array(reasonSchema).meta({
      description: 'The roles that give it; of a refusal, those that count there and do not.',
    }),
    wouldSuffice: z.array(z.string()).meta({ description: 'Built-in roles that hold it there, the smallest first.' }),
    askFor: z.array(z.string()).meta({ description: 'User names of some who can give it.' }),
    tenantState: z.string().nullable().meta({
      description: 'In a tenant that is not active, changes are refused whoever asks.',
    }),
  })
  .meta({ id: 'AccessExplanation' });
export type ExplainAnswer = z.output<typeof explainAnswer>;

export const permissionAnswer = z
  .object({
    name: z.string(),
    level: z.enum(['project', 'tenant', 'platform']).meta({ description: 'The narrowest thing it can be given on.' }),
    description: z.string(),
    roles: z.array(z.string()).meta({ description: 'Built-in roles of tenants and projects that hold it.' }),
    platformRoles: z.array(z.string()).meta({ description: 'Built-in roles of the platform that hold it.' }),
  })
  .meta({ id: 'Permission' });
export type PermissionAnswer = z.output<typeof permissionAnswer>;
export const permissionPage = pageOf(permissionAnswer).meta({ id: 'PermissionPage' });

export const toReason = (binding: KnownBinding): z.output<typeof reasonSchema> => ({
  binding: binding.id,
  role: binding.role,
  isCustomRole: binding.custom !== null,
  on: binding.tenantId === null ? 'platform' : binding.projectId === null ? 'tenant' : 'project',
  project: binding.project,
  group: binding.group,
  expiresAt: binding.expiresAt?.toISOString() ?? null,
  createdBy: binding.createdBy,
});

/** The explanation as a sentence. */
export function toSentence(
  { verdict, by, wouldSuffice }: Explanation,
  about: { user: string; permission: string; tenant: string | null; project: string | null },
): string {
  const where = about.project ? `project ${about.project}` : about.tenant ? `tenant ${about.tenant}` : 'platform';
  const roles = by.map(({ role, group }) => (group === null ? role : `${role} (by the group ${group})`)).join(', ');
  const remedy = wouldSuffice.length > 0 ? ` The role ${wouldSuffice[0]} would be enough.` : '';
  const sentences = {
    allowed: `${about.user} may ${about.permission} on the ${where} as ${roles}.`,
    'role-ended': `The role that gave ${about.permission} on the ${where} has ended: ${roles}.${remedy}`,
    'no-role': `${about.user} has no role on the ${where}.${remedy}`,
    'role-lacks-it': `${about.user} is ${roles} on the ${where}, which does not include ${about.permission}.${remedy}`,
    'platform-only': `${about.permission} is given on the platform only.${remedy}`,
    'project-not-covered': `${about.user} has a role in single projects only, and not on the ${where}.${remedy}`,
  };
  return sentences[verdict];
}
