import { z } from 'zod';
import { myAccessFields } from '../access/my-access.service.js';
import type { UserModel } from '../kernel/database/index.js';
import { displayNameSchema, objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

const usernameSchema = z
  .string()
  .min(2)
  .max(64)
  .regex(
    /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/,
    'Use a-z, 0-9, dot, dash and underscore; begin and end with a letter or digit.',
  );
/** How good it is, the platform's password policy says. */
const passwordSchema = z.string().min(1).max(200);
const localeSchema = z.enum(['en', 'zh']);

export const createUserBody = z.strictObject({
  username: usernameSchema,
  email: z.email().optional(),
  displayName: displayNameSchema.optional(),
  password: passwordSchema,
  isAdmin: z.boolean().default(false).meta({ description: 'Gives the role `admin` on the platform.' }),
});
export type CreateUser = z.output<typeof createUserBody>;

export const updateUserBody = z.strictObject({
  email: z.email().nullable().optional(),
  displayName: displayNameSchema.optional(),
  password: passwordSchema.optional(),
  isAdmin: z
    .boolean()
    .optional()
    .meta({ description: 'Gives or takes the role `admin` on the platform; what a group gives stays.' }),
  isDisabled: z.boolean().optional().meta({ description: 'Ends every session, and refuses every token.' }),
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
  isAdmin: z.boolean().meta({ description: 'Has the role `admin` on the platform, himself or by a group.' }),
  disabledAt: timeSchema.nullable(),
  isExternal: z.boolean().meta({ description: 'An outside issuer keeps the password.' }),
};

export const userQuery = pageQuerySchema.extend({
  disabled: z.enum(['true', 'false']).optional().meta({ description: 'Only users who are disabled, or who are not.' }),
});
export type UserQuery = z.output<typeof userQuery>;

export const userAnswer = z.object(userFields).meta({ id: 'User' });
export type UserAnswer = z.output<typeof userAnswer>;
export const userPage = pageOf(userAnswer).meta({ id: 'UserPage' });

export const meAnswer = z
  .object({
    ...userFields,
    kind: z.enum(['user', 'robot']),
    impersonator: z.string().nullable().meta({ description: 'Who acts in this name at the moment; null for nobody.' }),
    ...myAccessFields,
  })
  .meta({ id: 'Me' });
export type MeAnswer = z.output<typeof meAnswer>;

export function toUserAnswer(row: UserModel, isAdmin: boolean): UserAnswer {
  return {
    id: row.id,
    name: row.username,
    username: row.username,
    displayName: row.displayName,
    email: row.email,
    locale: localeSchema.nullable().catch(null).parse(row.locale),
    isAdmin,
    disabledAt: row.disabledAt?.toISOString() ?? null,
    isExternal: row.passwordHash === null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
