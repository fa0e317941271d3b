import { z } from 'zod';
import type { AuditEventModel } from '../kernel/database/index.js';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

export const auditQuery = pageQuerySchema.extend({
  actor: z.string().max(200).optional().meta({ description: 'Only what this user or robot did.' }),
  action: z.string().max(100).optional().meta({ description: 'Only this action, e.g. `project.create`.' }),
});
export type AuditQuery = z.output<typeof auditQuery>;

export const auditAnswer = z
  .object({
    id: z.string(),
    at: timeSchema,
    actor: z.string(),
    action: z.string(),
    resource: z.string(),
    tenant: z.string().nullable(),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    requestId: z.string(),
    source: z.string().nullable().meta({ description: 'The address the request came from.' }),
  })
  .meta({ id: 'AuditEvent' });
export type AuditAnswer = z.output<typeof auditAnswer>;
export const auditPage = pageOf(auditAnswer).meta({ id: 'AuditEventPage' });

export function toAuditAnswer(row: AuditEventModel): AuditAnswer {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    resource: row.resource,
    tenant: row.tenant,
    before: toRecord(row.before),
    after: toRecord(row.after),
    requestId: row.requestId,
    source: row.source,
  };
}

function toRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? { ...value } : null;
}
