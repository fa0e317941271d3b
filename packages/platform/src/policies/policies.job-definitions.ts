import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

/** Makes a cluster's admission policies what the rows say. */
export const applyPolicies = defineJob({
  queue: 'policies',
  name: 'policies.apply',
  payload: z.object({ cluster: z.string() }),
  attempts: 30,
  backoffSeconds: 2,
  concurrency: 1,
});
