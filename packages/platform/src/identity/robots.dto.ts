import { z } from 'zod';
import { type Permission, robotPermissions } from '../kernel/access/permissions.js';
import type { RobotModel } from '../kernel/database/index.js';
import { objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { lifeDaysSchema, rangesSchema } from './tokens.dto.js';

const isForRobots = (text: string): text is Permission => robotPermissions.some((permission) => permission === text);
const scopesSchema = z
  .array(z.string().refine(isForRobots, 'No robot can be given this: see docs/guide/identity.md.'))
  .min(1)
  .max(100)
  .meta({ description: 'What it may do: permissions that its maker has.', example: ['repositories:write'] });

export const createRobotBody = z.strictObject({
  name: z
    .string()
    .min(2)
    .max(60)
    .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 'Use a-z, 0-9 and dashes; begin with a letter and do not end with a dash.')
    .refine((name) => !name.startsWith('pull-'), 'Names that begin with pull- are the platform’s own.'),
  description: z.string().trim().max(500).optional(),
  scopes: scopesSchema,
  expiresInDays: lifeDaysSchema.optional().meta({ description: 'Default: the longest life that the platform allows.' }),
  ranges: rangesSchema.default([]),
});
export type CreateRobot = z.output<typeof createRobotBody>;

export const updateRobotBody = z.strictObject({
  description: z.string().trim().max(500).nullable().optional(),
  scopes: scopesSchema.optional(),
  ranges: rangesSchema.optional(),
  isDisabled: z.boolean().optional().meta({ description: 'Its token is refused from then on, until it is enabled.' }),
});
export type UpdateRobot = z.output<typeof updateRobotBody>;

export const robotQuery = pageQuerySchema.extend({
  managed: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'With those that the platform made for itself.' }),
});
export type RobotQuery = z.output<typeof robotQuery>;

const robotFields = {
  ...objectFields,
  username: z.string().meta({ description: '`robot$project+name`, or `robot$name` for a robot of the tenant.' }),
  project: z.string().nullable(),
  description: z.string().nullable(),
  prefix: z.string().meta({ description: 'How the token begins.' }),
  scopes: z.array(z.string()),
  ranges: z.array(z.string()),
  isManaged: z.boolean().meta({ description: 'Made and renewed by the platform itself.' }),
  disabledAt: timeSchema.nullable(),
  expiresAt: timeSchema.nullable(),
  rotatedUntil: timeSchema
    .nullable()
    .meta({ description: 'Until then the token before the rotation is good as well.' }),
  lastUsedAt: timeSchema.nullable(),
  lastUsedFrom: z.string().nullable(),
};
export const robotAnswer = z.object(robotFields).meta({ id: 'Robot' });
export type RobotAnswer = z.output<typeof robotAnswer>;
export const robotPage = pageOf(robotAnswer).meta({ id: 'RobotPage' });
export const newRobotAnswer = z
  .object({ ...robotFields, token: z.string().meta({ description: 'Shown this once only.' }) })
  .meta({ id: 'NewRobot' });
export type NewRobotAnswer = z.output<typeof newRobotAnswer>;

export function toRobotAnswer(row: RobotModel & { project: { name: string } | null }): RobotAnswer {
  return {
    id: row.id,
    name: row.username.replace(/^robot\$(.*\+)?/, ''),
    username: row.username,
    project: row.project?.name ?? null,
    description: row.description,
    prefix: row.prefix,
    scopes: row.permissions,
    ranges: row.ranges,
    isManaged: row.isManaged,
    disabledAt: row.disabledAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    rotatedUntil: row.previousUntil?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    lastUsedFrom: row.lastUsedFrom,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  };
}
