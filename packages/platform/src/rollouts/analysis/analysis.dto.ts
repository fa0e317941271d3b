import { z } from 'zod';
import { timeSchema } from '../../kernel/http/schemas.js';
import { durationSchema } from '../duration.dto.js';
import { metricSchema } from './metric.dto.js';

const fields = {
  metrics: z
    .array(metricSchema)
    .min(1)
    .max(10)
    .refine((metrics) => new Set(metrics.map(({ name }) => name)).size === metrics.length, 'Each metric once.'),
  minimumSamples: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .meta({ description: 'With fewer requests to the candidate nothing passes. Default: 50.' }),
  falseAlarmRate: z.number().min(0.000_001).max(0.5).optional().meta({
    description:
      'The chance, over the whole rollout, that a release as good as the one before is taken back. Default: 0.01.',
  }),
  onInconclusive: z.enum(['hold', 'extend', 'synthetic', 'abort']).optional().meta({
    description:
      'Where nothing can be said: wait for an operator (the default), go on looking, send requests of our own to both releases, or go back.',
  }),
  syntheticTraffic: z
    .strictObject({
      path: z
        .string()
        .max(1000)
        .regex(/^\/[\x21-\x7e]*$/, 'A path, such as /healthz.')
        .optional()
        .meta({ description: 'Asked with GET under the default host name. Default: /.' }),
      requestsPerSecond: z.int().min(1).max(100).optional().meta({ description: 'To both together. Default: 10.' }),
    })
    .optional()
    .meta({ description: 'Of onInconclusive `synthetic`: what is asked until minimumSamples have been answered.' }),
};

type Fields = z.output<z.ZodObject<typeof fields>>;

/** Our own requests are for the gateway to count. */
function refuseSynthetic({ metrics, onInconclusive, syntheticTraffic }: Fields, context: z.RefinementCtx): void {
  const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  if (onInconclusive === 'synthetic' && metrics.every(({ provider }) => provider !== undefined))
    refuse('onInconclusive', 'Nothing here is measured at the gateway: take hold, extend or abort.');
  if (onInconclusive !== 'synthetic' && syntheticTraffic !== undefined)
    refuse('syntheticTraffic', 'Is for onInconclusive: synthetic.');
}

export const analysisSchema = z
  .strictObject({
    ...fields,
    interval: durationSchema.optional().meta({ description: 'Default: 10s.' }),
    count: z.int().min(1).max(10_000).optional().meta({ description: 'Default: 6.' }),
  })
  .superRefine(refuseSynthetic)
  .meta({ id: 'Analysis', example: { metrics: [{ name: 'request-success-rate' }], interval: '10s', count: 6 } });

/** With all traffic on the candidate there is no stable release to compare it with at the same time. */
export const postAnalysisSchema = analysisSchema.superRefine(({ metrics }, context) => {
  for (const [index, { provider, thresholdRange }] of metrics.entries()) {
    if (provider || thresholdRange) continue;
    const message = 'Is missing: after the promotion there is no other release to compare with.';
    context.addIssue({ code: 'custom', path: ['metrics', index, 'thresholdRange'], message });
  }
});

export const backgroundAnalysisSchema = z
  .strictObject({
    ...fields,
    startingStep: z.int().min(0).max(50).optional().meta({ description: 'From 0. Default: 0.' }),
  })
  .superRefine(refuseSynthetic)
  .meta({ id: 'BackgroundAnalysis', example: { metrics: [{ name: 'request-success-rate' }], startingStep: 1 } });

const verdictSchema = z.enum(['running', 'pass', 'fail', 'inconclusive']);
const tallySchema = z.object({
  requests: z.int(),
  bad: z.int().meta({ description: 'Failed, or slow.' }),
});

export const analysisRunsSchema = z
  .object({
    runs: z.array(
      z
        .object({
          step: z.string().nullable().meta({ description: 'Null: in the background of the steps.' }),
          verdict: verdictSchema,
          reason: z.string().nullable(),
          startedAt: timeSchema,
          measuredAt: timeSchema
            .nullable()
            .meta({ description: 'When the series were last read; null where they never were.' }),
          finishedAt: timeSchema.nullable(),
          probes: z
            .array(
              z
                .object({
                  name: z.string(),
                  verdict: verdictSchema,
                  reason: z.string().nullable(),
                  successful: z.int(),
                  failed: z.int(),
                  inconclusive: z.int(),
                  errors: z.int(),
                  measurements: z
                    .array(
                      z.object({
                        at: timeSchema,
                        phase: z.enum(['successful', 'failed', 'inconclusive', 'error']),
                        value: z.string().nullable().meta({ description: 'The result as JSON, cut short.' }),
                        message: z.string().nullable(),
                      }),
                    )
                    .meta({ description: 'The latest 60.' }),
                })
                .meta({ id: 'AnalysisProbeRun' }),
            )
            .meta({ description: "Metrics of one's own, and web hooks." }),
          metrics: z.array(
            z
              .object({
                name: z.string(),
                verdict: verdictSchema,
                reason: z.string().nullable(),
                candidate: tallySchema,
                stable: tallySchema.meta({ description: 'Of the stable release, in the same time.' }),
                slowSeconds: z.number().nullable().meta({ description: 'A request that takes longer is slow.' }),
                odds: z.number().meta({ description: 'The odds against chance, to 1.' }),
                oddsToFail: z.number().meta({ description: 'With odds like these it fails.' }),
                points: z.array(
                  z.object({ at: timeSchema, candidate: tallySchema, stable: tallySchema, odds: z.number() }),
                ),
              })
              .meta({ id: 'AnalysisMetricRun' }),
          ),
        })
        .meta({ id: 'AnalysisRun' }),
    ),
  })
  .meta({ id: 'AnalysisRuns' });
export type AnalysisRunsAnswer = z.output<typeof analysisRunsSchema>;
