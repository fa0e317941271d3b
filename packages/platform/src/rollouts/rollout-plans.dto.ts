import { z } from 'zod';
import { strategySchema } from './strategy.dto.js';

export const planRolloutSchema = z
  .strictObject({
    release: z.int().min(1).optional().meta({ description: 'Default: the release that would be made now.' }),
    image: z.string().max(500).optional().meta({ description: 'Of the release that would be made now.' }),
    build: z.int().min(1).optional().meta({ description: 'Of the release that would be made now.' }),
    strategy: strategySchema.optional().meta({ description: "Default: the environment's." }),
  })
  .refine((body) => [body.release, body.image, body.build].filter((each) => each !== undefined).length < 2, {
    message: 'Name a release, an image or a build.',
  })
  .meta({ id: 'PlanRollout', example: { image: 'registry.example.com/shop:1.2' } });
export type PlanRollout = z.output<typeof planRolloutSchema>;

/** Of a change that can be asked about first. */
export const changePlan =
  'With `dryRun=true` what the change would do, and nothing is changed; null where nothing is in force.';

export const dryRunField = z
  .enum(['true', 'false'])
  .default('false')
  .meta({ description: '`true`: nothing is changed; the answer says in `plan` what would be, and the rest as it is.' });

const changeSchema = z.object({ path: z.string(), before: z.unknown(), after: z.unknown() });

export const rolloutPlanSchema = z
  .object({
    release: z.int().nullable().meta({ description: 'Null: it is not made yet.' }),
    previousRelease: z.int().nullable(),
    image: z.string(),
    changes: z.array(changeSchema).meta({ description: 'Of the release, against the one in force.' }),
    objects: z
      .array(
        z.object({
          kind: z.string(),
          name: z.string(),
          action: z.enum(['create', 'update', 'delete']),
          changes: z.array(changeSchema),
        }),
      )
      .meta({ description: 'In the cluster, when the rollout is through. Values of secrets are shown by version.' }),
    routes: z.array(z.string()).meta({ description: 'Host names whose traffic is moved.' }),
    quota: z.object({
      hasRoom: z.boolean(),
      message: z.string().nullable(),
      amounts: z
        .array(
          z.object({
            resource: z.string(),
            before: z.string().nullable(),
            after: z.string().nullable(),
            surge: z.string().nullable().meta({ description: 'More, while the rollout goes on.' }),
          }),
        )
        .meta({ description: 'What the application holds here, now and then, as quantities of Kubernetes.' }),
    }),
    policies: z
      .array(
        z.object({
          policy: z.string(),
          mode: z.enum(['audit', 'warn', 'enforce']),
          rule: z.string(),
          message: z.string(),
          remedy: z.string(),
        }),
      )
      .meta({ description: 'What image policies find; `enforce` refuses the rollout.' }),
    consent: z.object({
      freeze: z.string().nullable().meta({ description: 'The freeze that is on here now.' }),
      isNeeded: z.boolean().meta({ description: 'Somebody must approve before it begins.' }),
    }),
    strategy: strategySchema,
    steps: z.array(
      z.object({
        name: z.string(),
        seconds: z.int().nullable().meta({ description: 'At least; null where it waits for a promotion.' }),
      }),
    ),
    warnings: z.array(z.object({ path: z.string(), message: z.string() })),
    isRefused: z.boolean().meta({ description: 'It would be refused now: no room, or an image policy.' }),
  })
  .meta({ id: 'RolloutPlan' });
export type RolloutPlan = z.output<typeof rolloutPlanSchema>;
