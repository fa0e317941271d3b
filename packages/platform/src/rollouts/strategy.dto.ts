import { z } from 'zod';
import { analysisSchema, backgroundAnalysisSchema, postAnalysisSchema } from './analysis/analysis.dto.js';
import { urlSchema } from './analysis/metric.dto.js';
import { durationSchema } from './duration.dto.js';
import { parseSeconds } from './duration.rules.js';
import { experimentSchema } from './experiment.dto.js';
import { refuseTemplateWeights } from './experiment-weights.rules.js';
import { percentSchema } from './percent.dto.js';
import { webHookTypes } from './probes/probe.rules.js';
import { isPattern, refuseMatch } from './request-matches.rules.js';

const routeNameSchema = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'Use a-z, 0-9 and dashes.');

const patternSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine((text) => isPattern(text), 'No regular expression.');

const headerNameSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'The name of an HTTP header.');

const headerMatchSchema = z.strictObject({
  headerName: headerNameSchema,
  headerValue: z
    .strictObject({
      exact: z.string().min(1).max(4096).optional(),
      prefix: z.string().min(1).max(1024).optional(),
      regex: patternSchema.optional(),
    })
    .refine((value) => Object.values(value).filter((text) => text !== undefined).length === 1, {
      message: 'Exactly one of exact, prefix and regex.',
    }),
});

const valueMatchSchema = (name: z.ZodType<string>) =>
  z
    .strictObject({
      name,
      type: z.enum(['Exact', 'RegularExpression']).optional(),
      value: z.string().min(1).max(1024),
    })
    .refine((match) => match.type !== 'RegularExpression' || isPattern(match.value), {
      path: ['value'],
      message: 'No regular expression.',
    });

const requestMatchSchema = z
  .strictObject({
    headers: z.array(valueMatchSchema(headerNameSchema)).max(16).optional(),
    cookies: z
      .array(valueMatchSchema(headerNameSchema))
      .max(1)
      .optional()
      .meta({ description: 'One at most: Gateway API looks at a header once.' }),
    queryParams: z
      .array(valueMatchSchema(z.string().min(1).max(256)))
      .max(16)
      .optional(),
  })
  .superRefine((match, context) => {
    for (const refusal of refuseMatch(match)) context.addIssue({ code: 'custom', ...refusal, path: [...refusal.path] });
  })
  .meta({ id: 'RequestMatch', description: 'All that is named must hold. A cookie is matched whole.' });

const canaryStepSchema = z
  .strictObject({
    setWeight: percentSchema.optional().meta({ description: 'Percent of the traffic, to a tenth.' }),
    pause: z
      .strictObject({ duration: durationSchema.optional() })
      .optional()
      .meta({ description: 'Without a duration it waits for a promotion.' }),
    setCanaryScale: z
      .strictObject({
        replicas: z.int().min(0).max(100).optional(),
        weight: z.int().min(0).max(100).optional(),
        matchTrafficWeight: z.literal(true).optional(),
      })
      .refine((scale) => Object.values(scale).filter((value) => value !== undefined).length === 1, {
        message: 'Exactly one of replicas, weight and matchTrafficWeight.',
      })
      .optional(),
    setHeaderRoute: z
      .strictObject({ name: routeNameSchema, match: z.array(headerMatchSchema).min(1).max(16).optional() })
      .optional()
      .meta({ description: 'Requests that match go to the candidate; without `match` the route is taken away.' }),
    setMirrorRoute: z
      .strictObject({ name: routeNameSchema, percentage: z.int().min(1).max(100).optional() })
      .optional()
      .meta({ description: 'Copies go to the candidate too; without `percentage` no more.' }),
    analysis: analysisSchema
      .optional()
      .meta({ description: 'Compares the candidate with the stable release for `interval` × `count`.' }),
    experiment: experimentSchema
      .optional()
      .meta({ description: 'Starts pods of both releases beside the slots, measures them and removes them.' }),
  })
  .refine((step) => Object.values(step).filter((value) => value !== undefined).length === 1, {
    message:
      'Exactly one of setWeight, pause, setCanaryScale, setHeaderRoute, setMirrorRoute, analysis and experiment.',
  })
  .meta({ id: 'CanaryStep' });

const scaleDownDelaySchema = z
  .int()
  .min(0)
  .max(24 * 3600)
  .optional()
  .meta({ description: 'So long the pods of the release before stay after the promotion. Default: 30.' });

const trialSchema = durationSchema
  .optional()
  .meta({ description: 'Without one it goes on until it is promoted.', example: '1h' });
const autoPromotionSchema = z
  .boolean()
  .optional()
  .meta({ description: 'After the duration: promoted (the default), or it waits for that.' });

const rollbackOnFailureSchema = z.boolean().optional().meta({
  description:
    'A release that crashes, cannot be pulled or is not ready in time is taken back by itself. Default: true.',
});

const webhooksSchema = z
  .array(
    z
      .strictObject({
        name: routeNameSchema,
        type: z.enum(webHookTypes),
        url: urlSchema,
        timeout: durationSchema
          .optional()
          .refine((timeout) => timeout === undefined || isWithin(timeout, 1, 30), 'From 1s to 30s.')
          .meta({ description: 'Default: 10s.' }),
        metadata: z.record(z.string().max(100), z.string().max(1000)).optional(),
        interval: durationSchema
          .optional()
          .refine((interval) => interval === undefined || isWithin(interval, 1, 3600), 'From 1s to 1h.')
          .meta({ description: 'Between two calls, where it is asked again. Default: 10s.' }),
        failureLimit: z
          .int()
          .min(0)
          .max(1000)
          .optional()
          .meta({ description: 'Of pre-rollout and rollout: so many refusals are borne. Default: 0.' }),
      })
      .meta({ id: 'StrategyWebhook' }),
  )
  .max(20)
  .refine((hooks) => new Set(hooks.map(({ name }) => name)).size === hooks.length, 'Each name once.')
  .optional()
  .meta({ description: 'Called with POST, in the words of Flagger; a status of 200 to 299 agrees.' });

const isWithin = (duration: number | string, least: number, most: number): boolean => {
  const seconds = parseSeconds(duration) ?? 0;
  return seconds >= least && seconds <= most;
};

/** How releases are rolled out, in the words and fields of Argo Rollouts. */
export const strategySchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('rolling'), rollbackOnFailure: rollbackOnFailureSchema }),
    z.strictObject({ type: z.literal('recreate'), rollbackOnFailure: rollbackOnFailureSchema }),
    z.strictObject({
      type: z.literal('blueGreen'),
      autoPromotionEnabled: z.boolean().optional(),
      autoPromotionSeconds: z
        .int()
        .min(0)
        .max(7 * 24 * 3600)
        .optional(),
      previewReplicaCount: z.int().min(1).max(100).optional(),
      prePromotionAnalysis: analysisSchema
        .optional()
        .meta({ description: 'Before the traffic changes over; what the preview is sent is what counts.' }),
      postPromotionAnalysis: postAnalysisSchema
        .optional()
        .meta({ description: 'After the traffic has changed over; the release before stays until it has passed.' }),
      scaleDownDelaySeconds: scaleDownDelaySchema,
      webhooks: webhooksSchema,
    }),
    z.strictObject({
      type: z.literal('abTest'),
      match: z
        .array(requestMatchSchema)
        .min(1)
        .max(16)
        .meta({ description: 'Requests that match one of these go to the candidate.' }),
      duration: trialSchema,
      autoPromotionEnabled: autoPromotionSchema,
      replicas: z.int().min(1).max(100).optional(),
      scaleDownDelaySeconds: scaleDownDelaySchema,
      webhooks: webhooksSchema,
    }),
    z.strictObject({
      type: z.literal('mirror'),
      percentage: z.int().min(1).max(100),
      duration: trialSchema,
      autoPromotionEnabled: autoPromotionSchema,
      replicas: z.int().min(1).max(100).optional(),
      scaleDownDelaySeconds: scaleDownDelaySchema,
      webhooks: webhooksSchema,
    }),
    z
      .strictObject({
        type: z.literal('canary'),
        steps: z.array(canaryStepSchema).max(50),
        analysis: backgroundAnalysisSchema
          .optional()
          .meta({ description: 'Compares the candidate with the stable release beside the steps, to the end.' }),
        stickyBy: z
          .string()
          .regex(/^(gateway|(cookie|header):[\w-]{1,63})$/, 'gateway, cookie:<name> or header:<name>.')
          .optional()
          .meta({ description: 'What keeps a user with one release while the weight grows.', example: 'cookie:uid' }),
        scaleDownDelaySeconds: scaleDownDelaySchema,
        webhooks: webhooksSchema,
      })
      .superRefine((strategy, context) => {
        for (const { path, message } of refuseTemplateWeights(strategy))
          context.addIssue({ code: 'custom', path: [...path], message });
      }),
  ])
  .meta({
    id: 'Strategy',
    example: { type: 'canary', steps: [{ setWeight: 10 }, { pause: { duration: '5m' } }, { setWeight: 50 }] },
  });

export const placementStrategySchema = z
  .object({
    version: z.int(),
    strategy: strategySchema,
    warnings: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .meta({ description: 'What is allowed and probably not meant.' }),
  })
  .meta({ id: 'PlacementStrategy' });
export type PlacementStrategy = z.output<typeof placementStrategySchema>;
export const changeStrategySchema = z.strictObject({ strategy: strategySchema }).meta({ id: 'ChangeStrategy' });
export type ChangeStrategy = z.output<typeof changeStrategySchema>;
