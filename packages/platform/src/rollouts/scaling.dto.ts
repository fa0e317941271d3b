import { z } from 'zod';
import { changePlan, dryRunField, rolloutPlanSchema } from './rollout-plans.dto.js';
import { whenFullQuery } from './rollouts.dto.js';

const resources = z.strictObject({ cpu: z.string().max(20).optional(), memory: z.string().max(20).optional() });

export const changeScalingSchema = z
  .strictObject({
    processes: z.record(
      z.string().max(20),
      z.strictObject({
        replicas: z
          .int()
          .min(0)
          .max(100)
          .nullable()
          .optional()
          .meta({ description: "Null: back to the release's own." }),
        resources: resources.nullable().optional(),
      }),
    ),
  })
  .meta({ id: 'ChangeScaling', example: { processes: { web: { replicas: 3 } } } });
export type ChangeScaling = z.output<typeof changeScalingSchema>;

export const scalingQuerySchema = whenFullQuery.extend({ dryRun: dryRunField });
export type ScalingQuery = z.output<typeof scalingQuerySchema>;

export const scalingSchema = z
  .object({
    version: z.int(),
    processes: z.record(
      z.string(),
      z.object({
        replicas: z.int(),
        ready: z.int(),
        resources: z.object({ cpu: z.string(), memory: z.string() }),
      }),
    ),
    rollout: z.string().nullable().meta({ description: 'The rollout that carries the change out.' }),
    plan: rolloutPlanSchema.nullable().meta({ description: changePlan }),
  })
  .meta({ id: 'Scaling' });
export type ScalingAnswer = z.output<typeof scalingSchema>;
