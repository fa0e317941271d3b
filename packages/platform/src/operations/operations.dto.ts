import { z } from 'zod';
import type { OperationModel } from '../kernel/database/index.js';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

const stateSchema = z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']);

export const operationStep = z
  .object({
    name: z.string(),
    state: z.enum(['pending', 'running', 'succeeded', 'failed', 'skipped']),
    message: z.string().nullable(),
    startedAt: timeSchema.nullable(),
    finishedAt: timeSchema.nullable(),
  })
  .meta({ id: 'OperationStep' });

export const operationsQuery = pageQuerySchema.extend({
  state: stateSchema.optional(),
  tenant: z.string().optional().meta({ description: 'Only those of this tenant.' }),
});
export type OperationsQuery = z.output<typeof operationsQuery>;

export const operationAnswer = z
  .object({
    id: z.string(),
    name: z.string().meta({ description: 'The kind and the subject.' }),
    kind: z.string().meta({ example: 'environments.provision' }),
    state: stateSchema,
    steps: z.array(operationStep),
    progress: z.int().min(0).max(100),
    result: z.record(z.string(), z.unknown()).nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    subject: z.string().meta({ description: 'The path of what it works on.' }),
    createdBy: z.string(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
    version: z.int(),
  })
  .meta({ id: 'Operation' });
export type OperationAnswer = z.output<typeof operationAnswer>;
export const operationPage = pageOf(operationAnswer).meta({ id: 'OperationPage' });

export function toOperationAnswer(row: OperationModel): OperationAnswer {
  return operationAnswer.parse({
    ...row,
    name: `${row.kind} ${row.subject}`,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}
