import { z } from 'zod';
import type { PersonalTokenModel, UserModel } from '../kernel/database/index.js';
import { displayNameSchema, objectFields, pageOf, timeSchema } from '../kernel/http/schemas.js';

const usernameSchema = z
  .string()
  .min(2)
  .max(64)
  .regex(
    /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/,
    'Use a-z, 0-9, dot, dash and underscore; begin and end with a letter or digit.',
  );
const passwordSchema = z.string().min(10, 'At least 10 characters.').max(200);
const localeSchema = z.enum(['en', 'zh']);

export const createUserBody = z.strictObject({
  username: usernameSchema,
  email: z.email().optional(),
  displayName: displayNameSchema.optional(),
  password: passwordSchema,
  isAdmin: z.boolean().default(false),
});
export type CreateUser = z.output<typeof createUserBody>;

export const updateUserBody = z.strictObject({
  email: z.email().nullable().optional(),
  displayName: displayNameSchema.optional(),
  password: passwordSchema.optional(),
  isAdmin: z.boolean().optional(),
});
export type UpdateUser = z.output<typeof updateUserBody>;

export const updateMeBody = z.strictObject({
  displayName: displayNameSchema.optional(),
  locale: localeSchema.nullable().optional(),
  currentPassword: z.string().max(200).optional().meta({ description: 'Needed to change the password.' }),
  newPassword: passwordSchema.optional(),
});
export type UpdateMe = z.output<typeof updateMeBody>;

const userFields = {
  ...objectFields,
  username: z.string(),
  displayName: z.string(),
  email: z.string().nullable(),
  locale: localeSchema.nullable(),
  isAdmin: z.boolean(),
};

export const userAnswer = z.object(userFields).meta({ id: 'User' });
export type UserAnswer = z.output<typeof userAnswer>;
export const userPage = pageOf(userAnswer).meta({ id: 'UserPage' });

export const meAnswer = z
  .object({
    ...userFields,
    kind: z.enum(['user', 'robot']),
    memberships: z.array(
      z.object({ tenant: z.string(), role: z.enum(['owner', 'admin', 'developer', 'operator', 'viewer']) }),
    ),
  })
  .meta({ id: 'Me' });
export type MeAnswer = z.output<typeof meAnswer>;

export const createTokenBody = z.strictObject({
  name: displayNameSchema,
  expiresInDays: z.int().min(1).max(3650).optional().meta({ description: 'Default: it does not expire.' }),
});
export type CreateToken = z.output<typeof createTokenBody>;

const tokenFields = {
  id: z.string(),
  name: z.string(),
  prefix: z.string().meta({ description: 'How the token begins.' }),
  expiresAt: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
  createdAt: timeSchema,
};
export const tokenAnswer = z.object(tokenFields).meta({ id: 'PersonalToken' });
export type TokenAnswer = z.output<typeof tokenAnswer>;
export const tokenPage = pageOf(tokenAnswer).meta({ id: 'PersonalTokenPage' });
export const newTokenAnswer = z
  .object({ ...tokenFields, token: z.string().meta({ description: 'Shown this once only.' }) })
  .meta({ id: 'NewPersonalToken' });

export function toUserAnswer(row: UserModel): UserAnswer {
  return {
    id: row.id,
    name: row.username,
    username: row.username,
    displayName: row.displayName,
    email: row.email,
    locale: localeSchema.nullable().catch(null).parse(row.locale),
    isAdmin: row.isAdmin,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}

export function toTokenAnswer(row: PersonalTokenModel): TokenAnswer {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
