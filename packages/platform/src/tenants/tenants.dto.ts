import { z } from 'zod';
import type { Role } from '../kernel/access/permissions.js';
import { displayNameSchema, nameSchema, objectFields, pageOf } from '../kernel/http/schemas.js';
import { isTenantState, tenantStates } from '../kernel/tenancy/tenant-state.js';
import type { TenantRow } from './tenants.repository.js';

const roleSchema = z.enum(['owner', 'admin', 'developer', 'operator', 'viewer']);

export const createTenantBody = z.strictObject({
  name: nameSchema,
  displayName: displayNameSchema.optional(),
  owner: z.string().max(100).optional().meta({ description: 'User name of the first owner. Default: you.' }),
});
export type CreateTenant = z.output<typeof createTenantBody>;

/** Of the route that deletes. */
export const deleteTenantQuery = z.strictObject({
  confirm: z.string().max(100).optional().meta({ description: "The tenant's name; not needed where it is archived." }),
});
export type DeleteTenant = z.output<typeof deleteTenantQuery>;

export const updateTenantBody = z.strictObject({ displayName: displayNameSchema.optional() });
export type UpdateTenant = z.output<typeof updateTenantBody>;

export const tenantAnswer = z
  .object({
    ...objectFields,
    displayName: z.string(),
    state: z.enum(tenantStates),
    stateReason: z.string().nullable().meta({ description: 'Why it is not active, as an administrator said.' }),
    operation: z
      .string()
      .nullable()
      .meta({ description: 'Id of the operation that last set it up or changed what runs.' }),
    projectCount: z.int(),
    memberCount: z.int(),
    myRole: roleSchema.nullable().meta({ description: 'Null for an administrator who is no member.' }),
  })
  .meta({ id: 'Tenant' });
export type TenantAnswer = z.output<typeof tenantAnswer>;
export const tenantPage = pageOf(tenantAnswer).meta({ id: 'TenantPage' });

export const tenantDeletion = tenantAnswer
  .extend({ operation: z.string().meta({ description: 'Id of the operation that deletes it.' }) })
  .meta({ id: 'TenantDeletion' });

/** `counts` narrows what is counted to what the caller may see. */
export function toTenantAnswer(
  row: TenantRow,
  myRole: Role | null,
  counts: { projects: number; bindings: number } = row._count,
): TenantAnswer {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    state: isTenantState(row.state) ? row.state : 'deleting',
    stateReason: row.stateReason,
    operation: row.operationId,
    projectCount: counts.projects,
    memberCount: counts.bindings,
    myRole,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
