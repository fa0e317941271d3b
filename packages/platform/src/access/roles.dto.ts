import { z } from 'zod';
import { allPermissions, isPermission, type Permission } from '../kernel/access/permissions.js';
import { displayNameSchema, nameSchema, pageOf, timeSchema } from '../kernel/http/schemas.js';
import { builtInRoles, sortPermissions } from './access.rules.js';
import type { RoleRow } from './roles.repository.js';

const permissionSchema = z
  .string()
  .refine((text): text is Permission => isPermission(text), 'There is no such permission; GET /permissions lists them.')
  .meta({ description: '`resource:verb`, as GET /permissions lists them.', example: 'rollouts:write' });
const permissionsSchema = z.array(permissionSchema).min(1).max(allPermissions.length);

export const createRoleBody = z.strictObject({
  name: nameSchema,
  displayName: displayNameSchema.optional(),
  description: z.string().trim().max(500).optional(),
  permissions: permissionsSchema,
});
export type CreateRole = z.output<typeof createRoleBody>;

export const updateRoleBody = z.strictObject({
  displayName: displayNameSchema.optional(),
  description: z.string().trim().max(500).optional(),
  permissions: permissionsSchema.optional(),
});
export type UpdateRole = z.output<typeof updateRoleBody>;

export const roleAnswer = z
  .object({
    id: z.string().nullable().meta({ description: 'Null for a built-in role.' }),
    name: z.string(),
    displayName: z.string(),
    description: z.string(),
    madeBy: z.enum(['built-in', 'platform', 'tenant']),
    permissions: z.array(z.string()),
    bindingCount: z.int().nullable().meta({ description: 'How many members have it; of the tenant’s own roles only.' }),
    createdAt: timeSchema.nullable(),
    updatedAt: timeSchema.nullable(),
    version: z.int(),
  })
  .meta({ id: 'Role' });
export type RoleAnswer = z.output<typeof roleAnswer>;
export const rolePage = pageOf(roleAnswer).meta({ id: 'RolePage' });

/** The built-in roles that can be given in a tenant, or on the platform. */
export function listBuiltIn(tenantId: string | null): RoleAnswer[] {
  const roles = builtInRoles({ tenantId, projectId: null });
  return [...roles].map(([name, permissions]) => ({
    id: null,
    name,
    displayName: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    description: '',
    madeBy: 'built-in' as const,
    permissions: [...sortPermissions(permissions)],
    bindingCount: null,
    createdAt: null,
    updatedAt: null,
    version: 1,
  }));
}

/** As a tenant sees it (or, with null, the platform). */
export function toRoleAnswer(row: RoleRow, tenantId: string | null): RoleAnswer {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    description: row.description,
    madeBy: row.tenantId === null ? 'platform' : 'tenant',
    permissions: [...sortPermissions(row.permissions.filter(isPermission))],
    bindingCount: row.tenantId === tenantId ? row._count.bindings : null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
