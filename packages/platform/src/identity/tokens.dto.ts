import { z } from 'zod';
import { isPermission } from '../kernel/access/permissions.js';
import type { PersonalTokenModel } from '../kernel/database/index.js';
import { displayNameSchema, nameSchema, pageOf, timeSchema } from '../kernel/http/schemas.js';
import { isRange } from './credentials.rules.js';

export const permissionSchema = z
  .string()
  .refine(isPermission, 'There is no such permission: see docs/access.md.')
  .meta({ example: 'builds:write' });
export const rangesSchema = z
  .array(z.string().max(60).refine(isRange, 'Write an address or a range, as 192.0.2.0/24 or 2001:db8::/32.'))
  .max(50)
  .meta({ description: 'Addresses and CIDR ranges that the token may be used from; none for anywhere.' });
export const lifeDaysSchema = z.int().min(1).max(3650);
export const overlapSchema = z
  .int()
  .min(0)
  .max(7 * 86_400)
  .default(0)
  .meta({ description: 'How long the old token stays good. Default: it ends at once.' });

export const createTokenBody = z.strictObject({
  name: displayNameSchema,
  expiresInDays: lifeDaysSchema.optional().meta({ description: 'Default: the longest life that the platform allows.' }),
  scopes: z
    .array(permissionSchema)
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Only these of your permissions. Default: all that you may do.' }),
  tenant: nameSchema.optional().meta({ description: 'The only tenant where it works.' }),
  ranges: rangesSchema.default([]),
  kind: z.enum(['personal', 'login']).default('personal').meta({
    description: '`login`: made by a program as it signs you in; it is listed among your sessions and ends with them.',
  }),
});
export type CreateToken = z.output<typeof createTokenBody>;

export const rotateBody = z.strictObject({
  overlapSeconds: overlapSchema,
  expiresInDays: lifeDaysSchema.optional().meta({ description: 'Default: as long as it was made for.' }),
});
export type Rotate = z.output<typeof rotateBody>;

const tokenFields = {
  id: z.string(),
  name: z.string(),
  kind: z.enum(['personal', 'login']),
  prefix: z.string().meta({ description: 'How the token begins.' }),
  scopes: z.array(z.string()).nullable().meta({ description: 'Null: all that the user may do.' }),
  tenant: z.string().nullable().meta({ description: 'The only tenant where it works; null for all.' }),
  ranges: z.array(z.string()),
  expiresAt: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
  lastUsedFrom: z.string().nullable().meta({ description: 'The address of the last use.' }),
  rotatedUntil: timeSchema
    .nullable()
    .meta({ description: 'Until then the token before the rotation is good as well.' }),
  createdAt: timeSchema,
};
export const tokenAnswer = z.object(tokenFields).meta({ id: 'PersonalToken' });
export type TokenAnswer = z.output<typeof tokenAnswer>;
export const tokenPage = pageOf(tokenAnswer).meta({ id: 'PersonalTokenPage' });
export const newTokenAnswer = z
  .object({ ...tokenFields, token: z.string().meta({ description: 'Shown this once only.' }) })
  .meta({ id: 'NewPersonalToken' });
export type NewTokenAnswer = z.output<typeof newTokenAnswer>;

export const createKubeTokenBody = z.strictObject({
  tenant: nameSchema.optional().meta({ description: 'The only tenant whose namespaces it reaches.' }),
});
export type CreateKubeToken = z.output<typeof createKubeTokenBody>;
export const kubeTokenAnswer = z
  .object({ token: z.string(), expiresAt: timeSchema, tenant: z.string().nullable() })
  .meta({ id: 'KubeToken' });
export type KubeTokenAnswer = z.output<typeof kubeTokenAnswer>;

/** `tenant` is the name of the tenant that the token is bound to. */
export function toTokenAnswer(row: PersonalTokenModel, tenant: string | null): TokenAnswer {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind === 'login' ? 'login' : 'personal',
    prefix: row.prefix,
    scopes: row.scopes.length > 0 ? row.scopes : null,
    tenant,
    ranges: row.ranges,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    lastUsedFrom: row.lastUsedFrom,
    rotatedUntil: row.previousUntil?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
