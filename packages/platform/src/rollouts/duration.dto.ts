import { z } from 'zod';
import { parseSeconds } from './duration.rules.js';

/** Argo Rollouts' durations. */
export const durationSchema = z
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
