import { z } from 'zod';
import type { AuditStreamModel } from '../kernel/database/index.js';
import { nameSchema, objectFields, pageOf, timeSchema } from '../kernel/http/schemas.js';
import { auditRuleFilter } from './audit-rules.dto.js';

const syslogTarget = z
  .strictObject({
    type: z.literal('syslog'),
    host: z.string().regex(/^[a-z0-9.:-]{1,253}$/i, 'A host name or an address.'),
    port: z.int().min(1).max(65_535).default(6514),
    tls: z.boolean().default(true),
    ca: z
      .string()
      .max(20_000)
      .optional()
      .meta({ description: 'PEM of who signed its certificate, where the public ones did not.' }),
  })
  .meta({ id: 'SyslogTarget', description: 'RFC 5424, with octet counts, over TCP or TLS.' });
const webhookTarget = z
  .strictObject({ type: z.literal('webhook'), url: z.url().max(1000) })
  .meta({ id: 'WebhookTarget', description: 'Batches of CloudEvents, signed as Standard Webhooks say.' });
const s3Target = z
  .strictObject({
    type: z.literal('s3'),
    endpoint: z.url().max(1000),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .default('us-east-1'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9/_-]{0,200}$/)
      .default(''),
    accessKeyId: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  })
  .meta({ id: 'S3Target', description: 'NDJSON objects, about one a minute, by paths under the bucket.' });
export const auditStreamTarget = z
  .discriminatedUnion('type', [syslogTarget, webhookTarget, s3Target])
  .meta({ id: 'AuditStreamTarget' });
export type AuditStreamTarget = z.output<typeof auditStreamTarget>;

const settings = {
  description: z.string().max(500).optional(),
  filter: auditRuleFilter.optional(),
  secretAccessKey: z.string().min(1).max(200).optional().meta({ description: 'Of S3; never shown again.' }),
  isEnabled: z.boolean().optional(),
};
export const createAuditStreamSchema = z
  .strictObject({ ...settings, name: nameSchema, target: auditStreamTarget })
  .meta({ id: 'CreateAuditStream' });
export type CreateAuditStream = z.output<typeof createAuditStreamSchema>;
export const updateAuditStreamSchema = z
  .strictObject({ ...settings, target: auditStreamTarget.optional() })
  .meta({ id: 'UpdateAuditStream' });
export type UpdateAuditStream = z.output<typeof updateAuditStreamSchema>;

const auditStreamAnswerShape = {
  ...objectFields,
  tenant: z.string().nullable(),
  description: z.string(),
  target: auditStreamTarget,
  filter: auditRuleFilter,
  isEnabled: z.boolean(),
  state: z.enum(['delivering', 'failing', 'off']),
  delivered: z.int().meta({ description: 'Rows, those that were sent twice counted twice.' }),
  deliveredAt: timeSchema.nullable(),
  lagSeconds: z.int().meta({ description: 'The age of the oldest row that it has not looked at yet.' }),
  lastError: z.string().nullable(),
  webhookSecret: z.string().nullable().meta({ description: 'Only in the answer that made it.' }),
  createdBy: z.string(),
};
export const auditStreamAnswer = z.object(auditStreamAnswerShape).meta({ id: 'AuditStream' });
export type AuditStreamAnswer = z.output<typeof auditStreamAnswer>;
export const auditStreamPage = pageOf(auditStreamAnswer).meta({ id: 'AuditStreamPage' });

export const auditStreamTestAnswer = z
  .object({ isDelivered: z.boolean(), error: z.string().nullable(), milliseconds: z.int() })
  .meta({ id: 'AuditStreamTest' });
export type AuditStreamTestAnswer = z.output<typeof auditStreamTestAnswer>;

export function toAuditStreamAnswer(
  row: AuditStreamModel,
  { lagSeconds = 0, webhookSecret = null }: { lagSeconds?: number; webhookSecret?: string | null } = {},
): AuditStreamAnswer {
  return auditStreamAnswer.parse({
    ...row,
    state: !row.isEnabled ? 'off' : row.failures > 0 ? 'failing' : 'delivering',
    delivered: Number(row.delivered),
    deliveredAt: row.deliveredAt?.toISOString() ?? null,
    lagSeconds: row.isEnabled ? lagSeconds : 0,
    webhookSecret,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}
