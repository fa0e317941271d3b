import { z } from 'zod';
import type { FreezeModel } from '../kernel/database/index.js';
import { lineSchema, nameSchema, objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { type FreezeWindow, nextWindow, windowAt } from './freezes.rules.js';

const environmentKindSchema = z.enum(['production', 'staging', 'development']);
const momentSchema = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .pipe(z.date())
  .meta({ description: 'RFC 3339.', example: '2026-12-20T00:00:00Z' });
const namesSchema = z.array(nameSchema).max(100);

const platformFields = {
  reason: lineSchema.min(1).max(500).meta({ description: 'Why; whoever is refused reads it.' }),
  cron: z
    .string()
    .max(100)
    .nullable()
    .meta({ description: 'When it begins again and again: five fields, in the time zone.', example: '0 16 * * 5' }),
  durationSeconds: z
    .int()
    .min(60)
    .max(31 * 86_400)
    .nullable()
    .meta({ description: 'With cron: how long it is each time.' }),
  timeZone: z.string().max(64).meta({ description: 'IANA. Default: UTC.', example: 'Europe/Berlin' }),
  startsAt: momentSchema.nullable(),
  endsAt: momentSchema.nullable(),
  environmentKinds: z.array(environmentKindSchema).max(3).meta({ description: 'Only there; empty: everywhere.' }),
  allowRollback: z.boolean().meta({ description: 'A release that stood there before may be put back. Default: true.' }),
};
const tenantFields = {
  ...platformFields,
  projects: namesSchema.meta({ description: 'Only these; empty: all.' }),
  applications: namesSchema.meta({ description: 'Only those of these names; empty: all.' }),
};
const required = { name: nameSchema, reason: platformFields.reason };
const example = { name: 'weekends', reason: 'Nobody is there.', cron: '0 16 * * 5', durationSeconds: 223_200 };

export const updatePlatformFreezeBody = z.strictObject(platformFields).partial().meta({ id: 'UpdatePlatformFreeze' });
export const createPlatformFreezeBody = z
  .strictObject({ ...updatePlatformFreezeBody.shape, ...required })
  .meta({ id: 'CreatePlatformFreeze', example });
export const updateFreezeBody = z.strictObject(tenantFields).partial().meta({ id: 'UpdateFreeze' });
export type UpdateFreeze = z.output<typeof updateFreezeBody>;
export const createFreezeBody = z
  .strictObject({ ...updateFreezeBody.shape, ...required })
  .meta({ id: 'CreateFreeze', example });
export type CreateFreeze = z.output<typeof createFreezeBody>;

const windowSchema = z.object({ from: timeSchema, until: timeSchema }).nullable();

export const freezeAnswer = z
  .object({
    ...objectFields,
    tenant: z.string().nullable().meta({ description: "Null: the platform's, for all tenants." }),
    reason: z.string(),
    cron: z.string().nullable(),
    durationSeconds: z.int().nullable(),
    timeZone: z.string(),
    startsAt: timeSchema.nullable(),
    endsAt: timeSchema.nullable(),
    projects: z.array(z.string()),
    environmentKinds: z.array(environmentKindSchema),
    applications: z.array(z.string()),
    allowRollback: z.boolean(),
    current: windowSchema.meta({ description: 'The window that is on now.' }),
    next: windowSchema.meta({ description: 'The next one to begin.' }),
  })
  .meta({ id: 'Freeze' });
export type FreezeAnswer = z.output<typeof freezeAnswer>;
export const freezePage = pageOf(freezeAnswer).meta({ id: 'FreezePage' });
export const freezesQuery = pageQuerySchema;

export const freezeCheckAnswer = z
  .object({
    frozen: z.boolean(),
    canOverride: z.boolean().meta({ description: 'You may roll out nevertheless, with a reason.' }),
    freezes: z.array(freezeAnswer).meta({ description: 'What is on here now.' }),
    upcoming: z.array(freezeAnswer).meta({ description: 'What will be on here, the next first; at most ten.' }),
  })
  .meta({ id: 'FreezeCheck' });
export type FreezeCheck = z.output<typeof freezeCheckAnswer>;

export function toFreezeAnswer(row: FreezeModel, tenant: string | null, now: Date): FreezeAnswer {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
    tenant: row.tenantId === null ? null : tenant,
    reason: row.reason,
    cron: row.cron,
    durationSeconds: row.durationSeconds,
    timeZone: row.timeZone,
    startsAt: row.startsAt?.toISOString() ?? null,
    endsAt: row.endsAt?.toISOString() ?? null,
    projects: row.projects,
    environmentKinds: z.array(environmentKindSchema).parse(row.environmentKinds),
    applications: row.applications,
    allowRollback: row.allowRollback,
    current: toWindow(windowAt(row, now)),
    next: toWindow(nextWindow(row, now)),
  };
}

const toWindow = (window: FreezeWindow | undefined) =>
  window ? { from: window.from.toISOString(), until: window.until.toISOString() } : null;
