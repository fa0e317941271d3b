import { z } from 'zod';
import { timeSchema } from '../../kernel/http/schemas.js';

const pointSchema = z
  .object({
    requestsPerSecond: z.number(),
    errorPercent: z.number().nullable().meta({ description: 'Requests with a status of 500 and above, of all.' }),
    p50Milliseconds: z.number().nullable().meta({ description: 'Until the answer began: of half of the requests.' }),
    p99Milliseconds: z.number().nullable().meta({ description: 'Until the answer began: of 99 % of the requests.' }),
    waiting: z.number().nullable().meta({ description: 'Requests without an answer yet, at a time.' }),
  })
  .meta({ id: 'RolloutSignalPoint' });

export const rolloutSignalsSchema = z
  .object({
    isMeasured: z.boolean().meta({ description: 'False: the series of the gateway cannot be read now.' }),
    startsAt: timeSchema,
    stepSeconds: z.int().meta({ description: 'From one point to the next.' }),
    sides: z
      .array(
        z.object({
          side: z.enum(['stable', 'candidate', 'both']).meta({
            description:
              'Of a rollout in place both releases are behind one Service: the gateway cannot tell them apart.',
          }),
          release: z.int().nullable(),
          points: z
            .array(pointSchema.nullable())
            .meta({ description: 'By time, from startsAt on; null where nothing was measured.' }),
        }),
      )
      .meta({ description: 'None before it has begun.' }),
  })
  .meta({ id: 'RolloutSignals' });
export type RolloutSignalsAnswer = z.output<typeof rolloutSignalsSchema>;
