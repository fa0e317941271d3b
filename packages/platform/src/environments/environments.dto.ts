import { z } from 'zod';
import type { EnvironmentModel } from '../kernel/database/index.js';
import { nameSchema, objectFields, pageOf } from '../kernel/http/schemas.js';

const kindSchema = z.enum(['production', 'staging', 'development']);
const stateSchema = z.enum(['provisioning', 'ready', 'failed', 'deleting']);

export const createEnvironmentBody = z.strictObject({ name: nameSchema, kind: kindSchema });
export type CreateEnvironment = z.output<typeof createEnvironmentBody>;

export const deleteEnvironmentQuery = z.strictObject({
  namespace: z.string().max(63).optional().meta({
    description: 'Of an adopted environment: the name of its namespace, which is then deleted with all that is in it.',
  }),
});
export type DeleteEnvironment = z.output<typeof deleteEnvironmentQuery>;

export const environmentAnswer = z
  .object({
    ...objectFields,
    kind: kindSchema,
    namespace: z.string().meta({ description: 'Its namespace in the cluster.' }),
    cluster: z.string(),
    state: stateSchema,
    message: z.string().nullable().meta({ description: 'Why it is not ready.' }),
    isAdopted: z.boolean().meta({ description: 'Its namespace was there before, and is given back, not deleted.' }),
    operation: z.string().nullable().meta({ description: 'Id of the operation that this answer began.' }),
  })
  .meta({ id: 'Environment' });
export type EnvironmentAnswer = z.output<typeof environmentAnswer>;
export const environmentPage = pageOf(environmentAnswer).meta({ id: 'EnvironmentPage' });

export function toEnvironmentAnswer(row: EnvironmentModel, operation: string | null = null): EnvironmentAnswer {
  return {
    id: row.id,
    name: row.name,
    kind: kindSchema.parse(row.kind),
    namespace: row.namespace,
    cluster: row.cluster,
    state: stateSchema.parse(row.state),
    message: row.message,
    isAdopted: row.isAdopted,
    operation,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
