import { z } from 'zod';
import type { AuditEventModel } from '../kernel/database/index.js';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

const instant = z.iso.datetime({ offset: true });
const outcomeSchema = z.enum(['success', 'denied', 'failed']);

/** What events can be searched by; a rule keeps one of these. */
export const auditFilterSchema = z.strictObject({
  actor: z.string().max(200).optional().meta({ description: 'Only what this user or robot did.' }),
  action: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Only this action, e.g. `project.create`; `project.*` takes all of a kind.' }),
  resource: z.string().max(500).optional().meta({ description: 'Only this path, and what is under it.' }),
  outcome: outcomeSchema.optional(),
  source: z.string().max(100).optional().meta({ description: 'Only from this address.' }),
  q: z.string().min(3).max(200).optional().meta({ description: 'Only where the path has this text.' }),
});
export type AuditFilter = z.output<typeof auditFilterSchema>;

export const auditQuery = pageQuerySchema.extend({
  ...auditFilterSchema.shape,
  from: instant.optional().meta({ description: 'Not before this time.' }),
  to: instant.optional().meta({ description: 'Before this time.' }),
});
export const platformAuditQuery = auditQuery.extend({
  tenant: z.string().max(100).optional().meta({ description: "Only of this tenant; `-`: only the platform's own." }),
});
export type AuditQuery = z.output<typeof auditQuery> & { readonly tenant?: string };

export const auditAnswer = z
  .object({
    id: z.string(),
    at: timeSchema,
    actor: z.string(),
    impersonator: z.string().nullable().meta({ description: "Who acted in the actor's name." }),
    action: z.string(),
    resource: z.string(),
    outcome: outcomeSchema,
    tenant: z.string().nullable(),
    cluster: z.string().nullable(),
    namespace: z.string().nullable(),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    requestId: z.string(),
    source: z.string().nullable().meta({ description: 'The address the request came from.' }),
    userAgent: z.string().nullable(),
    sessionId: z.string().nullable().meta({ description: 'The session or token that was used.' }),
    seq: z.int().nullable().meta({ description: 'The place in the chain; null for the second until it is sealed.' }),
    hash: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent' });
export type AuditAnswer = z.output<typeof auditAnswer>;
export const auditPage = pageOf(auditAnswer).meta({ id: 'AuditEventPage' });

export function toAuditAnswer(row: AuditEventModel): AuditAnswer {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actor,
    impersonator: row.impersonator,
    action: row.action,
    resource: row.resource,
    outcome: outcomeSchema.parse(row.outcome),
    tenant: row.tenant,
    cluster: row.cluster,
    namespace: row.namespace,
    before: toRecord(row.before),
    after: toRecord(row.after),
    requestId: row.requestId,
    source: row.source,
    userAgent: row.userAgent,
    sessionId: row.sessionId,
    seq: row.seq === null ? null : Number(row.seq),
    hash: row.hash,
  };
}

function toRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? { ...value } : null;
}

export const auditKeysAnswer = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        kid: z.string(),
        x: z.string(),
        alg: z.literal('EdDSA'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'AuditKeys', description: 'A JWK set: the first key signs, the others have signed.' });

export const auditStateAnswer = z
  .object({
    chain: z.string(),
    sealed: z.int().meta({ description: 'The number of the last row of the chain.' }),
    hash: z.string(),
    waiting: z.int().meta({ description: 'Rows that are not sealed yet; at most 1000 are counted.' }),
    removed: z.int().meta({ description: 'Up to here retention has removed the rows.' }),
    keepDays: z.int(),
    checkpoint: z
      .object({ seq: z.int(), hash: z.string(), at: timeSchema, keyId: z.string(), signature: z.string() })
      .nullable(),
  })
  .meta({ id: 'AuditState' });
export type AuditStateAnswer = z.output<typeof auditStateAnswer>;

export const changeAuditRetentionSchema = z
  .strictObject({ keepDays: z.int().min(1).max(36_500).nullable() })
  .meta({ id: 'ChangeAuditRetention', description: "Null: the platform's default." });
export type ChangeAuditRetention = z.output<typeof changeAuditRetentionSchema>;

export const createAuditExportSchema = z
  .strictObject({ from: instant.optional(), to: instant.optional() })
  .meta({ id: 'CreateAuditExport' });
export type CreateAuditExport = z.output<typeof createAuditExportSchema>;

export const auditExportAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    tenant: z.string().nullable(),
    from: timeSchema.nullable(),
    to: timeSchema.nullable(),
    state: z.enum(['pending', 'ready', 'failed']),
    rows: z.int(),
    sizeBytes: z.int(),
    operation: z.string(),
    createdBy: z.string(),
    createdAt: timeSchema,
    finishedAt: timeSchema.nullable(),
  })
  .meta({ id: 'AuditExport' });
export type AuditExportAnswer = z.output<typeof auditExportAnswer>;
export const auditExportPage = pageOf(auditExportAnswer).meta({ id: 'AuditExportPage' });
