import { z } from 'zod';
import type { RequestDecisionModel, RequestModel } from '../kernel/database/index.js';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { toScope } from './approval-policies.dto.js';
import { requestKinds } from './requests.rules.js';

const kindSchema = z.enum(requestKinds);
const stateSchema = z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'expired', 'ended']);
const reasonSchema = z.string().trim().min(1).max(2000);
const commentSchema = z.string().trim().max(2000);

export const requestsQuery = pageQuerySchema.extend({
  view: z.enum(['mine', 'to-decide', 'to-review', 'all']).default('all').meta({
    description: '`mine`: asked by me; `to-decide`: waiting for me; `to-review`: broken glass; `all` that I may see.',
  }),
  kind: kindSchema.optional(),
  state: stateSchema.optional(),
  tenant: z.string().max(100).optional().meta({ description: 'Only those of this tenant.' }),
});
export type RequestsQuery = z.output<typeof requestsQuery>;

export const createRequestBody = z
  .strictObject({
    kind: kindSchema,
    payload: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What is asked for; each kind has its own fields.' }),
    reason: reasonSchema,
    grantSeconds: z.int().min(60).max(31_536_000).optional().meta({ description: 'How long it is needed.' }),
    breakGlass: z.boolean().default(false).meta({
      description: 'Granted at once, for a short time, with a review afterwards; needs requests:break-glass.',
    }),
  })
  .meta({
    id: 'CreateRequest',
    example: { kind: 'access', payload: { tenant: 'acme', role: 'developer' }, reason: 'I join the shop team.' },
  });
export type CreateRequest = z.output<typeof createRequestBody>;

export const decideBody = z.strictObject({ comment: commentSchema.optional() }).meta({ id: 'DecideRequest' });
export type Decide = z.output<typeof decideBody>;

export const commentBody = z.strictObject({ comment: reasonSchema }).meta({ id: 'CommentRequest' });

export const reviewBody = z
  .strictObject({ verdict: z.enum(['justified', 'unjustified']), comment: reasonSchema })
  .meta({ id: 'ReviewRequest' });
export type Review = z.output<typeof reviewBody>;

const decisionAnswer = z
  .object({
    id: z.string(),
    verb: z.enum(['approve', 'break-glass', 'reject', 'withdraw', 'comment', 'expire', 'end', 'review']),
    actor: z.string(),
    onBehalfOf: z.string().nullable().meta({ description: 'Who delegated the decision.' }),
    comment: z.string().nullable(),
    verdict: z.enum(['justified', 'unjustified']).nullable(),
    createdAt: timeSchema,
  })
  .meta({ id: 'RequestDecision' });

export const requestAnswer = z
  .object({
    id: z.string(),
    name: z.string().meta({ description: 'The title.' }),
    kind: kindSchema,
    state: stateSchema,
    tenant: z.string().nullable(),
    environmentKind: z.string().nullable(),
    subject: z.string(),
    title: z.string(),
    payload: z.record(z.string(), z.unknown()),
    changes: z.array(z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
    reason: z.string(),
    requester: z.string(),
    isMine: z.boolean(),
    canDecide: z.boolean().meta({ description: 'Whether you may approve, reject, end or review it now.' }),
    approvals: z.int().meta({ description: 'Given so far.' }),
    approvalsNeeded: z.int().nullable().meta({ description: 'Null: not for you to know.' }),
    approvers: z
      .object({
        scope: z.enum(['platform', 'tenant', 'project']),
        permission: z.string().nullable(),
        roles: z.array(z.string()),
        groups: z.array(z.string()),
        users: z.array(z.string()),
      })
      .nullable(),
    isBreakGlass: z.boolean(),
    review: z.enum(['due', 'justified', 'unjustified']).nullable(),
    grantSeconds: z.int().nullable().meta({ description: 'How long it was asked for; null: for ever.' }),
    decisions: z.array(decisionAnswer),
    url: z.string().meta({ description: 'The request in the portal.' }),
    expiresAt: timeSchema
      .nullable()
      .meta({ description: 'When it is no longer waited for. Null: not for you to know.' }),
    decidedAt: timeSchema.nullable(),
    endsAt: timeSchema.nullable().meta({ description: 'When the grant runs out, or ended.' }),
    createdAt: timeSchema,
    updatedAt: timeSchema,
    version: z.int(),
  })
  .meta({ id: 'Request' });
export type RequestAnswer = z.output<typeof requestAnswer>;
export const requestPage = pageOf(requestAnswer).meta({ id: 'RequestPage' });

const reviewSchema = requestAnswer.shape.review.catch(null);
const verdictSchema = decisionAnswer.shape.verdict.catch(null);
const payloadSchema = z.record(z.string(), z.unknown()).catch({});
const changesSchema = requestAnswer.shape.changes.catch([]);

/**
 * `isInsider`: sees more than whoever only asked. An asker of `access` must not learn from a policy's terms whether there is such a
 * tenant.
 */
export function toRequestAnswer(
  row: RequestModel & { decisions: readonly RequestDecisionModel[] },
  view: { isMine: boolean; canDecide: boolean; isInsider: boolean; portalUrl: string },
): RequestAnswer {
  const shows = view.isInsider || row.kind !== 'access';
  return {
    id: row.id,
    name: row.title,
    kind: kindSchema.parse(row.kind),
    state: stateSchema.parse(row.state),
    tenant: shows ? row.tenant : null,
    environmentKind: row.environmentKind,
    subject: row.subject,
    title: row.title,
    payload: payloadSchema.parse(row.payload),
    changes: changesSchema.parse(row.changes),
    reason: row.reason,
    requester: row.requester,
    isMine: view.isMine,
    canDecide: view.canDecide,
    approvals: shows ? row.decisions.filter(({ verb }) => verb === 'approve').length : 0,
    approvalsNeeded: shows ? row.approvalsNeeded : null,
    approvers: shows
      ? {
          scope: toScope(row.approverScope),
          permission: row.approverPermission,
          roles: row.approverRoles,
          groups: row.approverGroups,
          users: row.approverUsers,
        }
      : null,
    isBreakGlass: row.isBreakGlass,
    review: reviewSchema.parse(row.review),
    grantSeconds: row.grantSeconds,
    decisions: row.decisions.map((decision) => ({
      id: decision.id,
      verb: decisionAnswer.shape.verb.parse(decision.verb),
      actor: decision.actor,
      onBehalfOf: decision.onBehalfOf,
      comment: decision.comment,
      verdict: verdictSchema.parse(decision.verdict),
      createdAt: decision.createdAt.toISOString(),
    })),
    url: `${view.portalUrl}/requests/${row.id}`,
    expiresAt: shows ? row.expiresAt.toISOString() : null,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    endsAt: row.endsAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
