import { z } from 'zod';
import { overrideFreezeSchema } from '../rollouts/rollout-steering.service.js';

const environmentName = z.string().min(1).max(63);
const releaseNumber = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);

export const promoteBody = z
  .strictObject({
    from: environmentName.meta({ description: 'The environment that the release comes from.' }),
    release: z.int().min(1).optional().meta({ description: 'Default: the one that runs there.' }),
    force: z
      .boolean()
      .default(false)
      .meta({ description: 'Also where it is not healthy there; needs rollouts:force.' }),
    overrideFreeze: overrideFreezeSchema,
  })
  .meta({ id: 'PromoteRelease', example: { from: 'staging' } });
export type PromoteRelease = z.output<typeof promoteBody>;

export const promotionPlanQuery = z.strictObject({
  from: environmentName,
  release: releaseNumber.optional(),
  fields: z.string().max(500).optional(),
});
export type PromotionPlanQuery = z.output<typeof promotionPlanQuery>;

export const promotionPlanAnswer = z
  .object({
    from: z.string(),
    to: z.string(),
    release: z.int(),
    hash: z.string().meta({ description: 'Of what is promoted: the same in both environments.' }),
    current: z.int().nullable().meta({ description: 'The release that runs there now.' }),
    changes: z
      .array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() }))
      .meta({ description: 'What it changes there; other environments’ settings are left out.' }),
    healthy: z.boolean().meta({ description: 'Its last rollout where it comes from went well.' }),
    freeze: z.string().nullable().meta({ description: 'What stands in the way now.' }),
    approvalNeeded: z.boolean(),
  })
  .meta({ id: 'PromotionPlan' });
export type PromotionPlan = z.output<typeof promotionPlanAnswer>;
