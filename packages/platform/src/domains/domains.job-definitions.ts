import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

/** Brings the list of host names that may be routed in an environment's namespace up to date. */
export const listHostnames = defineJob({
  queue: 'domains',
  name: 'domains.list-hostnames',
  payload: z.object({ environmentId: z.uuid() }),
  attempts: 500,
  backoffSeconds: 1,
});
