import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';

const step = z.object({
  name: z.string(),
  state: z.enum(['pending', 'running', 'succeeded', 'failed', 'skipped']),
  message: z.string().nullable(),
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
});

export const setupAnswer = z
  .object({
    request: z.string(),
    tenant: z.string(),
    state: z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']),
    isReversing: z.boolean().meta({ description: 'Something was refused, and what was made is taken back.' }),
    error: z.string().nullable(),
    operation: z.string().meta({ description: 'Id of the operation, for those who may see the tenant.' }),
    progress: z.int().min(0).max(100),
    steps: z.array(step).meta({ description: 'In their order; `skipped` is what was taken back.' }),
  })
  .meta({ id: 'TenantSetup' });
export type SetupAnswer = z.output<typeof setupAnswer>;
