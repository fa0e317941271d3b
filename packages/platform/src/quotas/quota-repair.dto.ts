import { z } from 'zod';

export const recountBody = z
  .strictObject({
    tenant: z.string().min(1).max(40).optional().meta({ description: 'This tenant alone; default: all.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Tells what differs, and corrects nothing.' }),
  })
  .meta({ id: 'RecountQuotas' });
export type RecountBody = z.output<typeof recountBody>;

const difference = z
  .object({
    tenant: z.string().nullable().meta({ description: 'Null: of a cluster’s pool.' }),
    what: z
      .enum(['orphaned-claim', 'missing-claim', 'counter', 'pool'])
      .meta({ description: 'What is counted is gone; what is there was not counted; a sum was wrong.' }),
    subject: z.string().meta({ description: 'What holds it, or whose sum it is.' }),
    resource: z.string(),
    before: z.string(),
    after: z.string(),
  })
  .meta({ id: 'QuotaDifference' });
export type Difference = z.output<typeof difference>;

export const recountAnswer = z
  .object({
    dryRun: z.boolean(),
    count: z.int().meta({ description: 'How many differences there are.' }),
    differences: z.array(difference).meta({ description: 'The first 1000.' }),
  })
  .meta({ id: 'QuotaRecount' });
export type RecountAnswer = z.output<typeof recountAnswer>;
