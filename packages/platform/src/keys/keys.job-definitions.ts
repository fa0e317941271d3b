import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({ operation: z.string() });
export type RewrapPayload = z.output<typeof payload>;

export const rewrapSecrets = defineJob<RewrapPayload>({
  queue: 'keys',
  name: 'keys.rewrap',
  payload,
  attempts: 20,
  backoffSeconds: 2,
  concurrency: 1,
});
