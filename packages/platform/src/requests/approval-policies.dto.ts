import { z } from 'zod';
import { isPermission } from '../kernel/access/permissions.js';
import type { ApprovalPolicyModel } from '../kernel/database/index.js';
import { nameSchema, objectFields, pageOf, pageQuerySchema } from '../kernel/http/schemas.js';
import type { PolicyRow } from './approval-policies.rules.js';
import { requestKinds } from './requests.rules.js';

const kindSchema = z.enum(requestKinds);
const environmentKindSchema = z.enum(['production', 'staging', 'development']);
const amountSchema = z.union([z.string().max(100), z.number()]);

const conditionSchema = z
  .strictObject({
    path: z.string().min(1).max(200).meta({ description: 'Into the payload, e.g. `limits.cpu`; also `grantSeconds`.' }),
    equals: z.union([z.string().max(200), z.number(), z.boolean()]).optional(),
    oneOf: z.array(amountSchema).min(1).max(50).optional(),
    atMost: amountSchema.optional().meta({ description: 'Quantities are understood: `4000m` is `4`.' }),
    atLeast: amountSchema.optional(),
  })
  .refine(({ path: _, ...tests }) => Object.keys(tests).length > 0, 'Give equals, oneOf, atMost or atLeast.')
  .meta({ id: 'PolicyCondition' });

const approversSchema = z
  .strictObject({
    scope: z
      .enum(['platform', 'tenant', 'project'])
      .optional()
      .meta({ description: 'Where permission and roles are looked for. Default: where the policy is.' }),
    permission: z
      .string()
      .max(100)
      .refine((text): boolean => isPermission(text), 'There is no such permission.')
      .nullable()
      .default(null)
      .meta({ description: 'E.g. `requests:approve`, which is what a policy without approvers takes.' }),
    roles: z.array(z.string().max(100)).max(20).default([]),
    groups: z.array(z.string().max(200)).max(20).default([]),
    users: z.array(z.string().max(100)).max(50).default([]),
  })
  .meta({ id: 'Approvers', description: 'Whoever one of these names may approve.' });

const expiresAfterSchema = z.int().min(60).max(31_536_000);

const policyFields = {
  priority: z.int().min(0).max(10_000).meta({ description: 'The lowest that matches counts. Default: 100.' }),
  conditions: z.array(conditionSchema).max(20).meta({ description: 'All of which must hold.' }),
  environmentKinds: z.array(environmentKindSchema).max(3).meta({ description: 'Empty: any, or none.' }),
  approvalsNeeded: z.int().min(0).max(10).meta({ description: '0: granted at once. Default: 1.' }),
  approvers: approversSchema,
  expiresAfterSeconds: expiresAfterSchema.meta({ description: 'Undecided for so long, it expires. Default: 14 days.' }),
  maxGrantSeconds: expiresAfterSchema.nullable().meta({ description: 'The longest a grant lasts; null: no limit.' }),
};

export const updatePolicyBody = z.strictObject(policyFields).partial().meta({ id: 'UpdateApprovalPolicy' });
export type UpdatePolicy = z.output<typeof updatePolicyBody>;

export const createPolicyBody = z
  .strictObject({ name: nameSchema, kind: kindSchema, ...updatePolicyBody.shape })
  .meta({ id: 'CreateApprovalPolicy' });
export type CreatePolicy = z.output<typeof createPolicyBody>;

export const policiesQuery = pageQuerySchema.extend({ kind: kindSchema.optional() });
export type PoliciesQuery = z.output<typeof policiesQuery>;

export const policyAnswer = z
  .object({ ...objectFields, tenant: z.string().nullable(), kind: kindSchema, ...policyFields })
  .meta({ id: 'ApprovalPolicy' });
export type PolicyAnswer = z.output<typeof policyAnswer>;
export const policyPage = pageOf(policyAnswer).meta({ id: 'ApprovalPolicyPage' });

const conditionsSchema = z.array(conditionSchema).catch([]);

export function toPolicyRow(row: ApprovalPolicyModel): PolicyRow {
  return { ...row, approverScope: toScope(row.approverScope), conditions: conditionsSchema.parse(row.conditions) };
}

export function toPolicyAnswer(row: ApprovalPolicyModel, tenant: string | null): PolicyAnswer {
  return {
    id: row.id,
    name: row.name,
    tenant,
    kind: kindSchema.parse(row.kind),
    priority: row.priority,
    conditions: conditionsSchema.parse(row.conditions),
    environmentKinds: z.array(environmentKindSchema).parse(row.environmentKinds),
    approvalsNeeded: row.approvalsNeeded,
    approvers: {
      scope: toScope(row.approverScope),
      permission: row.approverPermission,
      roles: row.approverRoles,
      groups: row.approverGroups,
      users: row.approverUsers,
    },
    expiresAfterSeconds: row.expiresAfterSeconds,
    maxGrantSeconds: row.maxGrantSeconds,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}

export function toScope(text: string): 'platform' | 'tenant' | 'project' {
  return text === 'tenant' || text === 'project' ? text : 'platform';
}
