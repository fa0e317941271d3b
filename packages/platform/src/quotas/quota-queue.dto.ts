import { z } from 'zod';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

const stateSchema = z.enum(['waiting', 'granted', 'cancelled', 'failed']);

export const waitsQuery = pageQuerySchema.extend({ state: stateSchema.optional() });
export type WaitsQuery = z.output<typeof waitsQuery>;

export const waitAnswer = z
  .object({
    id: z.string(),
    subject: z.string().meta({ description: 'What waits, e.g. `projects/shop/applications/web/rollouts/…`.' }),
    state: stateSchema,
    position: z.int().nullable().meta({ description: '1 is next. Null when it waits no longer.' }),
    blockedBy: z.object({
      level: z.enum(['tenant', 'project', 'environment', 'cluster']),
      resource: z.string(),
      missing: z.string().meta({ description: 'So much has to become free.' }),
      fits: z.boolean().meta({ description: 'False: it is larger than the whole limit, and waits for a larger one.' }),
    }),
    createdBy: z.string(),
    createdAt: timeSchema,
    finishedAt: timeSchema.nullable(),
  })
  .meta({ id: 'QuotaWait' });
export type WaitAnswer = z.output<typeof waitAnswer>;
export const waitPage = pageOf(waitAnswer).meta({ id: 'QuotaWaitPage' });

const overviewItem = z
  .object({
    id: z.string(),
    name: z.string(),
    nearest: z
      .object({ resource: z.string(), used: z.string(), limit: z.string(), ratio: z.number() })
      .nullable()
      .meta({ description: 'The resource that is nearest to its limit.' }),
    isOver: z.boolean(),
    waiting: z.int(),
  })
  .meta({ id: 'QuotaOverviewItem' });
export type OverviewItem = z.output<typeof overviewItem>;
export const overviewPage = pageOf(overviewItem).meta({ id: 'QuotaOverviewPage' });
