import { z } from 'zod';
import { lineSchema, objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { strategySchema } from './strategy.dto.js';

export const overrideFreezeSchema = lineSchema
  .min(1)
  .max(500)
  .optional()
  .meta({ description: 'Why it cannot wait for the end of a freeze.' });

export const promoteSchema = z
  .strictObject({
    full: z.boolean().default(false).meta({ description: 'Past all steps that are left.' }),
    overrideFreeze: overrideFreezeSchema,
  })
  .meta({ id: 'PromoteRollout', example: { full: true } });
export type Promote = z.output<typeof promoteSchema>;

const environmentName = z.string().min(1).max(63);

export const createRolloutSchema = z
  .strictObject({
    environment: environmentName,
    release: z.int().min(1),
    strategy: strategySchema.optional().meta({ description: "Default: the environment's." }),
    overrideFreeze: overrideFreezeSchema,
  })
  .meta({ id: 'CreateRollout', example: { environment: 'production', release: 7 } });
export type CreateRollout = z.output<typeof createRolloutSchema>;

export const whenFullQuery = z.strictObject({
  whenFull: z
    .enum(['fail', 'queue'])
    .default('fail')
    .meta({ description: '`queue`: where the quota has no room, it waits for some instead of being refused.' }),
});
export type WhenFull = z.output<typeof whenFullQuery>;

export const rollbackSchema = z
  .strictObject({
    environment: environmentName,
    release: z.int().min(1).optional().meta({ description: 'Default: the release before the one in force.' }),
    overrideFreeze: overrideFreezeSchema,
  })
  .meta({ id: 'Rollback', example: { environment: 'production' } });
export type Rollback = z.output<typeof rollbackSchema>;

export const stepSchema = z
  .object({
    name: z.string(),
    state: z.enum(['pending', 'running', 'succeeded', 'failed', 'skipped']),
    message: z.string().nullable(),
    startedAt: timeSchema.nullable(),
    finishedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Step' });

const approvalSchema = z
  .object({
    request: z.string(),
    url: z.string().meta({ description: 'The request in the portal.' }),
    state: z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'expired']),
    by: z.string().nullable().meta({ description: 'Who decided.' }),
  })
  .meta({ id: 'RolloutApproval' });

export const transitionSchema = z
  .object({
    id: z.string(),
    at: timeSchema,
    from: z.string().nullable().meta({ description: 'A state, or `restoring`; null at the beginning.' }),
    to: z.string(),
    step: z.string().nullable().meta({ description: 'The step in work after it.' }),
    reason: z.string(),
    actor: z.string().meta({ description: 'Who caused it; `system:rollouts` where it went on by itself.' }),
  })
  .meta({ id: 'RolloutTransition' });
export type TransitionAnswer = z.output<typeof transitionSchema>;
export const transitionPageSchema = pageOf(transitionSchema).meta({ id: 'RolloutTransitionPage' });
export const transitionQuerySchema = pageQuerySchema;

export const rolloutSchema = z
  .object({
    ...objectFields,
    environment: z.string(),
    release: z.int(),
    previousRelease: z.int().nullable(),
    strategy: strategySchema,
    state: z.enum(['pending', 'progressing', 'paused', 'healthy', 'failed', 'aborted']),
    weight: z.number().meta({ description: 'Percent of the traffic that the new release has.' }),
    templateWeights: z
      .array(z.object({ name: z.string(), specRef: z.enum(['stable', 'canary']), weight: z.number() }))
      .meta({
        description:
          'Percent of the traffic that templates of the experiment in work have; the release before has what is left.',
      }),
    held: z.boolean().meta({ description: 'An operator holds it where it is.' }),
    previewUrl: z
      .string()
      .nullable()
      .meta({ description: 'Where the new release of a blue/green rollout answers before its promotion.' }),
    pausedUntil: timeSchema.nullable().meta({ description: 'Null in a pause that waits for a promotion.' }),
    steps: z.array(stepSchema),
    error: z.string().nullable(),
    approval: approvalSchema.nullable().meta({ description: 'What it waited or waits for before it begins.' }),
    freezeOverride: z.string().nullable().meta({ description: 'Why it goes on in spite of a freeze.' }),
    operation: z.string().nullable(),
    createdBy: z.string(),
    finishedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Rollout' });
export type RolloutAnswer = z.output<typeof rolloutSchema>;
export const rolloutPageSchema = pageOf(rolloutSchema).meta({ id: 'RolloutPage' });
export const rolloutQuerySchema = pageQuerySchema.extend({ environment: environmentName.optional() });
export type RolloutQuery = z.output<typeof rolloutQuerySchema>;
