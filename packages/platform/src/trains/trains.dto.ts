import { z } from 'zod';
import type { EnvironmentModel, TrainModel } from '../kernel/database/index.js';
import { nameSchema, objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { overrideFreezeSchema } from '../rollouts/rollout-steering.service.js';
import { readCars, readConsent, readLane } from './trains.codec.js';
import { isLaneUp } from './trains.rules.js';

const environmentName = z.string().min(1).max(63);

const carSchema = z
  .strictObject({
    application: nameSchema,
    release: z.int().min(1).optional().meta({ description: 'Either this, its number, or `fromEnvironment`.' }),
    fromEnvironment: environmentName.optional().meta({ description: 'The release that runs there, and is healthy.' }),
    after: z
      .array(nameSchema)
      .max(50)
      .default([])
      .meta({ description: 'Cars that are released before it; those that depend on none go at once.' }),
  })
  .refine(({ release, fromEnvironment }) => (release === undefined) !== (fromEnvironment === undefined), {
    message: 'Exactly one of release and fromEnvironment.',
  });

const laneSchema = z.strictObject({
  header: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'The name of an HTTP header.')
    .default('x-slipway-lane'),
  value: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[\x21-\x7e]+$/, 'Printable ASCII without spaces.'),
});

const gateSchema = z.enum(['healthy', 'paused']);
const onFailureSchema = z.enum(['stop', 'revert']);

export const createTrainBody = z
  .strictObject({
    name: nameSchema,
    environment: environmentName,
    cars: z.array(carSchema).min(1).max(50),
    gate: gateSchema
      .default('healthy')
      .meta({ description: 'How far a car must be before those after it begin; `paused`: it stands at a pause.' }),
    onFailure: onFailureSchema.default('stop').meta({
      description: '`revert`: when a car fails, those that were released go back, the last first.',
    }),
    overrideFreeze: overrideFreezeSchema,
    lane: laneSchema.optional().meta({
      description:
        'All candidates come up beside the stable releases first, and requests with this header go to them; ' +
        'a promotion has the cars go on in their order. For strategies with two slots.',
    }),
  })
  .meta({
    id: 'CreateTrain',
    example: {
      name: 'spring',
      environment: 'production',
      cars: [
        { application: 'catalog', release: 12 },
        { application: 'web', fromEnvironment: 'staging', after: ['catalog'] },
      ],
    },
  });
export type CreateTrain = z.output<typeof createTrainBody>;

const carAnswer = z
  .object({
    application: z.string(),
    release: z.int(),
    previousRelease: z.int().nullable().meta({ description: 'What ran there when it began.' }),
    fromEnvironment: z.string().nullable(),
    after: z.array(z.string()),
    strategy: z.string().meta({ description: 'The type of its strategy.' }),
    state: z
      .enum([
        'pending',
        'progressing',
        'lane',
        'paused',
        'healthy',
        'failed',
        'aborted',
        'skipped',
        'reverting',
        'reverted',
      ])
      .meta({ description: '`lane`: its candidate answers requests of the lane alone. `skipped`: it never began.' }),
    message: z.string().nullable().meta({ description: 'What it does or waits for, or why it failed.' }),
    rollout: z.string().nullable(),
    revert: z.string().nullable().meta({ description: 'The rollout that takes it back.' }),
  })
  .meta({ id: 'TrainCar' });

export const trainAnswer = z
  .object({
    ...objectFields,
    environment: z.string(),
    state: z.enum(['progressing', 'paused', 'healthy', 'failed', 'aborted']),
    held: z.boolean().meta({ description: 'An operator holds it: no further car begins.' }),
    reason: z.string().nullable(),
    gate: gateSchema,
    onFailure: onFailureSchema,
    lane: z
      .object({
        header: z.string(),
        value: z.string(),
        isUp: z.boolean().meta({ description: 'All candidates answer it, and none has other users.' }),
      })
      .nullable(),
    freezeOverride: z.string().nullable().meta({ description: 'Why its cars go on in spite of freezes.' }),
    cars: z.array(carAnswer),
    createdBy: z.string(),
    finishedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Train' });
export type TrainAnswer = z.output<typeof trainAnswer>;
export const trainPage = pageOf(trainAnswer).meta({ id: 'TrainPage' });
export const trainsQuery = pageQuerySchema.extend({
  environment: environmentName.optional(),
  state: z.enum(['progressing', 'paused', 'healthy', 'failed', 'aborted']).optional(),
});
export type TrainsQuery = z.output<typeof trainsQuery>;

export type TrainRow = TrainModel & { readonly environment: EnvironmentModel };

export function toTrainAnswer(row: TrainRow): TrainAnswer {
  const cars = readCars(row);
  const lane = readLane(row);
  return trainAnswer.parse({
    id: row.id,
    name: row.name,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
    environment: row.environment.name,
    state: row.state,
    held: row.isHeld,
    reason: row.reason,
    gate: row.gate,
    onFailure: row.onFailure,
    lane: lane && { ...lane, isUp: isLaneUp({ cars }) },
    freezeOverride: readConsent(row)?.reason ?? null,
    cars: cars.map(({ rolloutId, revertId, strategy, ...car }) => ({
      ...car,
      strategy: strategy.type,
      rollout: rolloutId,
      revert: revertId,
    })),
    createdBy: row.createdBy,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });
}
