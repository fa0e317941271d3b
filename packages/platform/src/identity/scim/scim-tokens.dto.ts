import { z } from 'zod';
import type { ScimTokenModel } from '../../kernel/database/index.js';
import { nameSchema, objectFields, pageOf, timeSchema } from '../../kernel/http/schemas.js';
import { lifeDaysSchema } from '../tokens.dto.js';

export const createScimTokenBody = z.strictObject({
  name: nameSchema,
  expiresInDays: lifeDaysSchema.optional().meta({ description: 'Default: it does not expire.' }),
  adoptsUsers: z.boolean().default(false).meta({ description: 'It may also change users whom no directory has made.' }),
});
export type CreateScimToken = z.output<typeof createScimTokenBody>;

const scimTokenFields = {
  ...objectFields,
  prefix: z.string().meta({ description: 'How the token begins.' }),
  adoptsUsers: z.boolean(),
  expiresAt: timeSchema.nullable(),
  rotatedUntil: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
  lastUsedFrom: z.string().nullable(),
};
const scimTokenAnswer = z.object(scimTokenFields).meta({ id: 'ScimToken' });
export type ScimTokenAnswer = z.output<typeof scimTokenAnswer>;
export const scimTokenPage = pageOf(scimTokenAnswer).meta({ id: 'ScimTokenPage' });
export const newScimTokenAnswer = z
  .object({ ...scimTokenFields, token: z.string().meta({ description: 'Shown this once only.' }) })
  .meta({ id: 'NewScimToken' });
export type NewScimTokenAnswer = z.output<typeof newScimTokenAnswer>;

export function toScimTokenAnswer(row: ScimTokenModel): ScimTokenAnswer {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    adoptsUsers: row.adoptsUsers,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    rotatedUntil: row.previousUntil?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    lastUsedFrom: row.lastUsedFrom,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
