import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';
import { strategySchema } from './strategy.dto.js';

export const dryRunStrategySchema = z
  .strictObject({
    strategy: strategySchema.refine(({ type }) => type === 'canary', {
      path: ['type'],
      message: 'Only a canary meets traffic by steps.',
    }),
    hours: z.int().min(1).max(168).default(24).meta({ description: 'So much of the past is looked at.' }),
    errorPercent: z
      .number()
      .min(0.1)
      .max(100)
      .default(5)
      .meta({ description: 'So many more of the requests to the candidate fail.' }),
    promoteAfterSeconds: z
      .int()
      .min(1)
      .max(7 * 86_400)
      .default(600)
      .meta({ description: 'When somebody promotes a step that waits for it.' }),
  })
  .meta({
    id: 'DryRunStrategy',
    example: {
      strategy: { type: 'canary', steps: [{ setWeight: 5 }, { pause: { duration: '5m' } }] },
      errorPercent: 5,
    },
  });
export type DryRunStrategy = z.output<typeof dryRunStrategySchema>;

const stepSchema = z.object({
  name: z.string(),
  startsAfterSeconds: z.int().meta({ description: 'Since the rollout began; the start of pods is left out.' }),
  seconds: z.int(),
  isManual: z.boolean().meta({ description: 'It waits for a promotion: its length is assumed.' }),
  weight: z.number().meta({ description: 'Percent of the traffic while it goes on.' }),
  requests: z.int(),
  candidateRequests: z.int(),
  samples: z.int().nullable().meta({ description: 'What the analysis knows of the candidate at its end.' }),
  minimumSamples: z.int().nullable(),
});

export const strategyDryRunSchema = z
  .object({
    isMeasured: z.boolean().meta({ description: 'False: the series of the gateway cannot be read now.' }),
    startsAt: timeSchema,
    bucketSeconds: z.int(),
    traffic: z
      .array(z.object({ requests: z.number(), failed: z.number() }).nullable())
      .meta({ description: 'By time, from startsAt on; null where nothing was measured.' }),
    steps: z.array(stepSchema),
    seconds: z.int().meta({ description: 'Of all steps.' }),
    caught: z
      .object({
        afterSeconds: z.int(),
        step: z.int().meta({ description: 'Its place in steps.' }),
        candidateRequests: z.int(),
        badRequests: z.int(),
        harmedPercent: z.number().meta({ description: 'Bad ones of all requests until then.' }),
      })
      .nullable()
      .meta({ description: 'When an analysis of failed requests is expected to take the candidate back.' }),
    uncaught: z.enum(['no-analysis', 'no-traffic', 'too-late']).nullable().meta({ description: 'Why it is not.' }),
  })
  .meta({ id: 'StrategyDryRun' });
export type StrategyDryRun = z.output<typeof strategyDryRunSchema>;
