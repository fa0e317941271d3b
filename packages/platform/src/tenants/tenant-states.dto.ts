import { z } from 'zod';
import type { TenantModel } from '../kernel/database/index.js';
import { timeSchema } from '../kernel/http/schemas.js';
import { isTenantState, tenantStates } from '../kernel/tenancy/tenant-state.js';
import { chosenStates, nextStates } from './tenant-states.rules.js';

const stateSchema = z.enum(tenantStates);
const chosenSchema = z.enum(chosenStates);

export const moveTenantBody = z
  .strictObject({
    state: chosenSchema,
    reason: z.string().trim().min(1).max(500).meta({ description: 'Why; everybody whom the state refuses reads it.' }),
    confirm: z.string().max(100).optional().meta({ description: "The tenant's name, where something is lost." }),
  })
  .meta({ id: 'MoveTenant', example: { state: 'cordoned', reason: 'The move to the new cluster is under way.' } });
export type MoveTenant = z.output<typeof moveTenantBody>;

export const tenantStateAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    state: stateSchema,
    reason: z.string().nullable(),
    since: timeSchema,
    next: z.array(chosenSchema).meta({ description: 'The states it can be moved to.' }),
    operation: z
      .string()
      .nullable()
      .meta({ description: 'Id of the operation that makes what runs as the state says.' }),
    version: z.int(),
  })
  .meta({ id: 'TenantState' });
export type TenantStateAnswer = z.output<typeof tenantStateAnswer>;

export function toTenantStateAnswer(row: TenantModel): TenantStateAnswer {
  const state = stateSchema.parse(row.state);
  return {
    id: row.id,
    name: row.name,
    state,
    reason: row.stateReason,
    since: row.stateChangedAt.toISOString(),
    next: isTenantState(state) ? [...nextStates(state)] : [],
    operation: row.operationId,
    version: row.version,
  };
}
