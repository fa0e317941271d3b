import { z } from 'zod';
import { pageOf, timeSchema } from '../kernel/http/schemas.js';

export const amountSchema = z
  .union([z.string().max(40), z.number()])
  .meta({ description: 'A Kubernetes quantity.', example: '10Gi' });
export const resourceSchema = z
  .string()
  .min(1)
  .max(300)
  .meta({
    description:
      'As in a ResourceQuota (requests.cpu, limits.memory, requests.nvidia.com/gpu, requests.storage, pods, services, ' +
      'count/<resource>.<group>), or routes, domains, applications, environments, projects, image-bytes, upload-bytes, ' +
      'build-minutes (a month).',
  });

export const putQuotaBody = z
  .strictObject({
    limits: z
      .record(resourceSchema, amountSchema)
      .refine((limits) => Object.keys(limits).length <= 200, 'At most 200 limits.')
      .meta({ description: 'All limits of this scope: what is not named here is unlimited at this level.' }),
    overcommitPercent: z
      .int()
      .min(100)
      .max(10_000)
      .default(100)
      .meta({ description: 'How far the limits of the children may sum above these; 100: not at all.' }),
  })
  .meta({ id: 'PutQuota', example: { limits: { 'requests.cpu': '8', 'requests.memory': '16Gi', pods: 40 } } });
export type PutQuota = z.output<typeof putQuotaBody>;

export const putQuotaQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: '`true`: answers what would be, and changes nothing.' }),
});
export type PutQuotaQuery = z.output<typeof putQuotaQuery>;

const forecastSchema = z
  .object({
    state: z.enum(['not-enough-data', 'steady', 'full', 'filling']),
    days: z.number().nullable().meta({ description: 'Until full, if use grows on as it did.' }),
    earliestDays: z.number().nullable().meta({ description: 'The 80 % interval.' }),
    latestDays: z.number().nullable().meta({ description: 'Null while filling: maybe never.' }),
  })
  .meta({ id: 'QuotaForecast' });

const levelSchema = z.enum(['tenant', 'project', 'environment']);

const itemSchema = z
  .object({
    resource: z.string(),
    used: z.string(),
    limit: z.string().nullable().meta({ description: 'With what grants add; null: none at this level.' }),
    granted: z.string().meta({ description: 'The part of the limit that is granted on request.' }),
    free: z.string().nullable(),
    /** For bars: 0 to 1 and above. */
    ratio: z.number().nullable().meta({ description: 'Used of the limit; above 1 where it is over quota.' }),
    isOver: z.boolean().meta({ description: 'More is used than allowed: nothing new starts until less is.' }),
    shared: z.string().nullable().meta({ description: "What the children's limits sum to." }),
    period: z.enum(['month', 'day']).nullable().meta({ description: 'What is used up starts anew with each.' }),
    forecast: forecastSchema.nullable(),
  })
  .meta({ id: 'QuotaItem' });
export type QuotaItem = z.output<typeof itemSchema>;

const childSchema = z.object({
  id: z.string(),
  name: z.string(),
  limits: z.record(z.string(), z.string()),
  used: z.record(z.string(), z.string()),
});

const changeSchema = z.object({
  resource: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  used: z.string(),
  isOver: z.boolean(),
});

export const quotaAnswer = z
  .object({
    id: z.string().meta({ description: "The tenant's, project's or environment's id." }),
    name: z.string(),
    level: levelSchema,
    overcommitPercent: z.int(),
    items: z.array(itemSchema),
    children: z.array(childSchema).meta({ description: 'The projects of a tenant, the environments of a project.' }),
    changes: z.array(changeSchema).meta({ description: 'Of a PUT: what it changes, or would.' }),
    isOver: z.boolean(),
    waiting: z.int().meta({ description: 'Changes that wait in the queue for room.' }),
    updatedAt: timeSchema.nullable(),
    version: z.int(),
  })
  .meta({ id: 'Quota' });
export type QuotaAnswer = z.output<typeof quotaAnswer>;

export const usageQuery = z.strictObject({
  resource: z.string().min(1).max(300).optional(),
  days: z.coerce.number().int().min(1).max(90).default(14),
});
export type UsageQuery = z.output<typeof usageQuery>;

export const usageAnswer = z
  .object({
    series: z.array(
      z.object({
        resource: z.string(),
        points: z.array(
          z.object({ at: timeSchema, used: z.string(), limit: z.string().nullable(), ratio: z.number().nullable() }),
        ),
      }),
    ),
  })
  .meta({ id: 'QuotaUsage', description: 'Hourly samples; an hour without one is left out, never drawn as zero.' });

export const grantAnswer = z
  .object({
    id: z.string(),
    level: levelSchema,
    scope: z.string(),
    resource: z.string(),
    amount: z.string(),
    reason: z.string(),
    createdBy: z.string(),
    createdAt: timeSchema,
    expiresAt: timeSchema.nullable().meta({ description: 'Returns by itself; null: stays.' }),
    endedAt: timeSchema.nullable(),
  })
  .meta({ id: 'QuotaGrant' });
export const grantPage = pageOf(grantAnswer).meta({ id: 'QuotaGrantPage' });
export type GrantAnswer = z.output<typeof grantAnswer>;
