import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({ adoptionId: z.string() });
export type AdoptionJob = z.output<typeof payload>;

export const adoptNamespaces = defineJob<AdoptionJob>({
  queue: 'adoptions',
  name: 'adoptions.adopt',
  payload,
  attempts: 30,
  backoffSeconds: 1,
});
