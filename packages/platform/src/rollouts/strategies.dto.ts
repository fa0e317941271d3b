import { z } from 'zod';
import { strategySchema } from './strategy.dto.js';

export const strategyPresetsSchema = z
  .object({ items: z.array(z.object({ name: z.string(), description: z.string(), strategy: strategySchema })) })
  .meta({ id: 'StrategyPresets' });

export const convertStrategySchema = z
  .strictObject({
    manifest: z
      .union([z.string().min(1).max(200_000), z.record(z.string(), z.unknown())])
      .meta({ description: 'An Argo Rollout or a Flagger Canary: as YAML or JSON text, or as an object.' }),
  })
  .meta({ id: 'ConvertStrategy' });
export type ConvertStrategy = z.output<typeof convertStrategySchema>;

export const convertedStrategySchema = z
  .object({
    strategy: strategySchema,
    warnings: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .meta({ description: 'What could not be taken as it was written, by its path in the manifest.' }),
  })
  .meta({ id: 'ConvertedStrategy' });
export type ConvertedStrategy = z.output<typeof convertedStrategySchema>;
