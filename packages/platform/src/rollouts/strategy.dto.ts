import { z } from 'zod';
import { parseSeconds } from './strategy.rules.js';

const durationSchema = z
  .union([
    z
      .int()
      .min(0)
      .max(7 * 24 * 3600),
    z.string().max(12),
  ])
  .refine((duration) => {
    const seconds = parseSeconds(duration);
    return seconds !== undefined && seconds <= 7 * 24 * 3600;
  }, 'Seconds, or digits with s, m or h, such as 90s or 10m; at most 7 days.')
  .meta({ example: '10m' });

const percentSchema = z.number().min(0).max(100).multipleOf(0.1);
const routeNameSchema = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'Use a-z, 0-9 and dashes.');

const headerMatchSchema = z.strictObject({
  headerName: z
    .string()
    .max(256)
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'The name of an HTTP header.'),
  headerValue: z
    .strictObject({
      exact: z.string().min(1).max(4096).optional(),
      prefix: z.string().min(1).max(1024).optional(),
      regex: z.string().min(1).max(1024).optional(),
    })
    .refine((value) => Object.values(value).filter((text) => text !== undefined).length === 1, {
      message: 'Exactly one of exact, prefix and regex.',
    }),
});

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
  })
  .refine((step) => Object.values(step).filter((value) => value !== undefined).length === 1, {
    message: 'Exactly one of setWeight, pause, setCanaryScale, setHeaderRoute and setMirrorRoute.',
  })
  .meta({ id: 'CanaryStep' });

const scaleDownDelaySchema = z
  .int()
  .min(0)
  .max(24 * 3600)
  .optional()
  .meta({ description: 'So long the pods of the release before stay after the promotion. Default: 30.' });

/** How releases are rolled out, in the words and fields of Argo Rollouts. */
export const strategySchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('rolling') }),
    z.strictObject({ type: z.literal('recreate') }),
    z.strictObject({
      type: z.literal('blueGreen'),
      autoPromotionEnabled: z.boolean().optional(),
      autoPromotionSeconds: z
        .int()
        .min(0)
        .max(7 * 24 * 3600)
        .optional(),
      previewReplicaCount: z.int().min(1).max(100).optional(),
      scaleDownDelaySeconds: scaleDownDelaySchema,
    }),
    z.strictObject({
      type: z.literal('canary'),
      steps: z.array(canaryStepSchema).max(50),
      stickyBy: z
        .string()
        .regex(/^(gateway|(cookie|header):[\w-]{1,63})$/, 'gateway, cookie:<name> or header:<name>.')
        .optional()
        .meta({ description: 'What keeps a user with one release while the weight grows.', example: 'cookie:uid' }),
      scaleDownDelaySeconds: scaleDownDelaySchema,
    }),
  ])
  .meta({
    id: 'Strategy',
    example: { type: 'canary', steps: [{ setWeight: 10 }, { pause: { duration: '5m' } }, { setWeight: 50 }] },
  });

export const placementStrategySchema = z
  .object({ version: z.int(), strategy: strategySchema })
  .meta({ id: 'PlacementStrategy' });
export type PlacementStrategy = z.output<typeof placementStrategySchema>;
export const changeStrategySchema = z.strictObject({ strategy: strategySchema }).meta({ id: 'ChangeStrategy' });
export type ChangeStrategy = z.output<typeof changeStrategySchema>;
