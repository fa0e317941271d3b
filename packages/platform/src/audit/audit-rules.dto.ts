import { z } from 'zod';
import type { AuditAlertModel, AuditRuleModel } from '../kernel/database/index.js';
import { nameSchema, objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

const severitySchema = z.enum(['info', 'warning', 'critical']);
const channelSchema = z.enum(['bell', 'mail', 'webhook']);
const groupSchema = z.enum(['actor', 'source', 'resource']);
const outcomeSchema = z.enum(['success', 'denied', 'failed']);

export const auditRuleFilter = z
  .strictObject({
    actor: z.string().min(1).max(200).optional().meta({ description: 'Only what this user or robot did.' }),
    actions: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(20)
      .optional()
      .meta({ description: 'Only these actions; `project.*` takes all of a kind.' }),
    resource: z.string().min(1).max(500).optional().meta({ description: 'Only this path, and what is under it.' }),
    outcome: outcomeSchema.optional(),
    source: z.string().min(1).max(100).optional().meta({ description: 'Only from this address.' }),
    tenant: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: "Of a rule of the platform: only this tenant; `-`: only the platform's own." }),
  })
  .meta({ id: 'AuditRuleFilter' });
export type AuditRuleFilter = z.output<typeof auditRuleFilter>;

const settings = {
  description: z.string().max(500).optional(),
  filter: auditRuleFilter.optional(),
  threshold: z.int().min(1).max(10_000).optional().meta({ description: 'So many rows make an alert. Default 1.' }),
  windowSeconds: z.int().min(0).max(86_400).optional().meta({ description: 'Within this time. Default 300.' }),
  groupBy: groupSchema.nullable().optional().meta({ description: 'Counts and keeps quiet apart by this.' }),
  severity: severitySchema.optional(),
  channels: z.array(channelSchema).min(1).max(3).optional().meta({ description: 'Default: bell and mail.' }),
  webhookUrl: z.url().max(1000).nullable().optional(),
  quietSeconds: z
    .int()
    .min(0)
    .max(604_800)
    .optional()
    .meta({ description: 'After an alert, further ones of the same group are only counted for so long.' }),
  isEnabled: z.boolean().optional(),
};
export const createAuditRuleSchema = z
  .strictObject({
    ...settings,
    name: nameSchema,
    preset: z.string().max(40).optional().meta({ description: 'Takes what is not given from this preset.' }),
  })
  .meta({ id: 'CreateAuditRule' });
export type CreateAuditRule = z.output<typeof createAuditRuleSchema>;
export const updateAuditRuleSchema = z.strictObject(settings).meta({ id: 'UpdateAuditRule' });
export type UpdateAuditRule = z.output<typeof updateAuditRuleSchema>;

export const auditRuleAnswer = z
  .object({
    ...objectFields,
    tenant: z.string().nullable(),
    description: z.string(),
    filter: auditRuleFilter,
    threshold: z.int(),
    windowSeconds: z.int(),
    groupBy: groupSchema.nullable(),
    severity: severitySchema,
    channels: z.array(channelSchema),
    webhookUrl: z.string().nullable(),
    webhookSecret: z.string().nullable().meta({ description: 'Only in the answer that made it.' }),
    quietSeconds: z.int(),
    isEnabled: z.boolean(),
    createdBy: z.string(),
  })
  .meta({ id: 'AuditRule' });
export type AuditRuleAnswer = z.output<typeof auditRuleAnswer>;
export const auditRulePage = pageOf(auditRuleAnswer).meta({ id: 'AuditRulePage' });

export const auditRulePresetsAnswer = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        of: z.enum(['all', 'platform']).meta({ description: 'Whose rules can be made of it.' }),
        severity: severitySchema,
        filter: auditRuleFilter,
        threshold: z.int().optional(),
        windowSeconds: z.int().optional(),
        groupBy: groupSchema.nullable().optional(),
        quietSeconds: z.int(),
      }),
    ),
  })
  .meta({ id: 'AuditRulePresets' });

export const auditAlertEvent = z.object({
  id: z.string(),
  at: timeSchema,
  actor: z.string(),
  action: z.string(),
  resource: z.string(),
  outcome: outcomeSchema,
  tenant: z.string().nullable(),
  source: z.string().nullable(),
});

const auditAlertAnswer = z
  .object({
    id: z.string(),
    rule: z.string(),
    severity: severitySchema,
    group: z.string(),
    event: auditAlertEvent.meta({ description: 'The row that made it.' }),
    count: z.int().meta({ description: 'Rows that it stands for, those of the quiet time included.' }),
    webhook: z.enum(['none', 'pending', 'delivered', 'failed']),
    at: timeSchema,
    lastAt: timeSchema,
  })
  .meta({ id: 'AuditAlert' });
export type AuditAlertAnswer = z.output<typeof auditAlertAnswer>;
export const auditAlertPage = pageOf(auditAlertAnswer).meta({ id: 'AuditAlertPage' });
export const auditAlertQuery = pageQuerySchema.extend({ severity: severitySchema.optional() });
export type AuditAlertQuery = z.output<typeof auditAlertQuery>;

export function toAuditRuleAnswer(row: AuditRuleModel, webhookSecret: string | null = null): AuditRuleAnswer {
  return auditRuleAnswer.parse({
    ...row,
    webhookSecret,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}

export function toAuditAlertAnswer(row: AuditAlertModel & { rule: { name: string } }): AuditAlertAnswer {
  return auditAlertAnswer.parse({
    ...row,
    rule: row.rule.name,
    at: row.at.toISOString(),
    lastAt: row.lastAt.toISOString(),
  });
}
