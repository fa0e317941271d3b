import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

/** Takes an application out of its environments, then forgets it. */
export const removeApplication = defineJob({
  queue: 'applications',
  name: 'applications.remove',
  payload: z.object({ applicationId: z.uuid() }),
  attempts: 200,
  backoffSeconds: 2,
});
