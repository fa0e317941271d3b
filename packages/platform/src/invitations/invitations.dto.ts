import { z } from 'zod';
import type { InvitationModel } from '../kernel/database/index.js';
import { pageOf, timeSchema } from '../kernel/http/schemas.js';
import { stateOf } from './invitations.rules.js';

const roleSchema = z.enum(['owner', 'admin', 'developer', 'operator', 'viewer']);
const emailSchema = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

export const createInvitationBody = z
  .strictObject({
    email: emailSchema,
    role: roleSchema,
    project: z.string().max(100).optional().meta({ description: 'Only this project. Default: the whole tenant.' }),
    message: z.string().trim().max(1000).default(''),
    expiresInDays: z.int().min(1).max(30).default(7),
    locale: z.enum(['en', 'zh']).optional().meta({
      description: 'The language of the mail to somebody who is no user yet. Default: the inviter’s.',
    }),
  })
  .meta({ id: 'CreateInvitation', example: { email: 'ada@example.com', role: 'developer' } });
export type CreateInvitation = z.output<typeof createInvitationBody>;

export const invitationAnswer = z
  .object({
    id: z.string(),
    email: z.string(),
    role: roleSchema,
    project: z.string().nullable(),
    state: z.enum(['open', 'accepted', 'revoked', 'expired']),
    invitedBy: z.string(),
    acceptedBy: z.string().nullable(),
    sentAt: timeSchema,
    expiresAt: timeSchema,
    createdAt: timeSchema,
    updatedAt: timeSchema,
    version: z.int(),
  })
  .meta({ id: 'Invitation' });
export type InvitationAnswer = z.output<typeof invitationAnswer>;
export const invitationPage = pageOf(invitationAnswer).meta({ id: 'InvitationPage' });

export const sentInvitationAnswer = invitationAnswer
  .extend({
    link: z.url().meta({ description: 'For whoever is invited. It is shown this once, and only its hash is kept.' }),
  })
  .meta({ id: 'SentInvitation' });
export type SentInvitation = z.output<typeof sentInvitationAnswer>;

export const tokenBody = z.strictObject({ token: z.string().min(10).max(200) }).meta({ id: 'InvitationToken' });
export type InvitationToken = z.output<typeof tokenBody>;

export const invitationPreview = z
  .object({
    tenant: z.string(),
    displayName: z.string(),
    project: z.string().nullable(),
    role: roleSchema,
    invitedBy: z.string(),
    expiresAt: timeSchema,
  })
  .meta({ id: 'InvitationPreview' });
export type InvitationPreview = z.output<typeof invitationPreview>;

export type InvitationRow = InvitationModel & { project: { name: string } | null };

export function toInvitationAnswer(row: InvitationRow, now: Date): InvitationAnswer {
  return {
    id: row.id,
    email: row.email,
    role: roleSchema.parse(row.role),
    project: row.project?.name ?? null,
    state: stateOf(row, now),
    invitedBy: row.invitedBy,
    acceptedBy: row.acceptedBy,
    sentAt: row.sentAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}

export function toPreview(row: InvitationRow & { tenant: { name: string; displayName: string } }): InvitationPreview {
  return {
    tenant: row.tenant.name,
    displayName: row.tenant.displayName,
    project: row.project?.name ?? null,
    role: roleSchema.parse(row.role),
    invitedBy: row.invitedBy,
    expiresAt: row.expiresAt.toISOString(),
  };
}
