import { z } from 'zod';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { waitAnswer } from './quota-queue.dto.js';
import { amountSchema, resourceSchema } from './quotas.dto.js';

/** What stands instead of an amount: what the nodes have, times the overcommitment. */
export const ofNodes = 'nodes';

export const putPoolBody = z
  .strictObject({
    limits: z
      .record(resourceSchema, amountSchema)
      .refine((limits) => Object.keys(limits).length <= 200, 'At most 200 limits.')
      .meta({
        description:
          'All limits of the pool: what is not named here is not limited. `nodes` instead of an amount follows what the nodes ' +
          'can give, times the overcommitment.',
      }),
    overcommitPercent: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .meta({ description: 'How much of what the nodes have is given out; above 100: more than there is.' }),
  })
  .meta({
    id: 'PutQuotaPool',
    example: { limits: { 'requests.cpu': 'nodes', 'requests.memory': '96Gi' }, overcommitPercent: 150 },
  });
export type PutPool = z.output<typeof putPoolBody>;

const poolItem = z
  .object({
    resource: z.string(),
    limit: z.string().nullable().meta({ description: 'What all tenants together may hold; null: no limit.' }),
    followsNodes: z.boolean(),
    allocatable: z
      .string()
      .nullable()
      .meta({ description: 'What the nodes can give; null: they do not say, or cannot be asked.' }),
    used: z.string(),
    promised: z.string().meta({ description: "What the tenants' own limits sum to." }),
    free: z.string().nullable(),
    ratio: z.number().nullable().meta({ description: 'Used of the limit.' }),
    promisedRatio: z
      .number()
      .nullable()
      .meta({ description: 'Promised of the limit; above 1: not all can have theirs.' }),
    isAwaited: z.boolean().meta({ description: 'Somebody waits for it: nobody overtakes.' }),
  })
  .meta({ id: 'QuotaPoolItem' });
export type PoolItem = z.output<typeof poolItem>;

const poolChange = z.object({
  resource: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  used: z.string(),
  isOver: z.boolean(),
});

export const poolAnswer = z
  .object({
    cluster: z.string(),
    overcommitPercent: z.int(),
    items: z.array(poolItem),
    changes: z.array(poolChange).meta({ description: 'Of a PUT: what it changes, or would.' }),
    waiting: z.int().meta({ description: 'Changes that wait for this pool.' }),
    updatedAt: timeSchema.nullable(),
    version: z.int(),
  })
  .meta({ id: 'QuotaPool' });
export type PoolAnswer = z.output<typeof poolAnswer>;

export const poolWaitsQuery = pageQuerySchema;

export const poolWaitAnswer = waitAnswer.extend({ tenant: z.string() }).meta({ id: 'QuotaPoolWait' });
export type PoolWaitAnswer = z.output<typeof poolWaitAnswer>;
export const poolWaitPage = pageOf(poolWaitAnswer).meta({ id: 'QuotaPoolWaitPage' });
