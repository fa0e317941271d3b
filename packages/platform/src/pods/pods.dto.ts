import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';

export const podSchema = z
  .object({
    name: z.string(),
    process: z.string(),
    release: z.int().nullable(),
    phase: z.string(),
    ready: z.boolean(),
    restarts: z.int(),
    startedAt: timeSchema.nullable(),
    node: z.string().nullable(),
    ip: z.string().nullable(),
    message: z.string().nullable().meta({ description: 'Why it is not ready, where the cluster says.' }),
    containers: z.array(
      z.object({ name: z.string(), image: z.string(), ready: z.boolean(), restarts: z.int(), state: z.string() }),
    ),
  })
  .meta({ id: 'Pod' });
export type PodAnswer = z.output<typeof podSchema>;
export const podPageSchema = z
  .object({ items: z.array(podSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'PodPage' });

export const logsQuerySchema = z.strictObject({
  process: z.string().max(63).optional(),
  pod: z.string().max(253).optional(),
  tail: z.coerce.number().int().min(0).max(10_000).default(200).meta({ description: 'So many lines of each pod.' }),
  follow: z.enum(['true', 'false']).default('false'),
  since: z
    .string()
    .regex(/^\d+(s|m|h)$/, 'A duration such as 30s, 5m or 1h.')
    .optional(),
});
export type LogsQuery = z.output<typeof logsQuerySchema>;

export const environmentStatusSchema = z
  .object({
    state: z.enum(['healthy', 'progressing', 'degraded', 'failed', 'idle']),
    release: z.int().nullable(),
    url: z.string().nullable(),
    processes: z.array(z.object({ name: z.string(), desired: z.int(), ready: z.int() })),
    rollout: z
      .object({ id: z.string(), release: z.int(), state: z.string(), error: z.string().nullable() })
      .nullable()
      .meta({ description: 'The latest rollout.' }),
    lastChange: timeSchema.nullable(),
    drift: z
      .int()
      .meta({ description: 'How many fields were changed by hand in the cluster, and nobody accepted it.' }),
  })
  .meta({ id: 'EnvironmentStatus' });
export type EnvironmentStatus = z.output<typeof environmentStatusSchema>;
