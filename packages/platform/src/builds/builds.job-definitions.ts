import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

/** Takes a build from where it stands to its end; its pod works, the job looks on. */
export const runBuild = defineJob({
  queue: 'builds',
  name: 'builds.run',
  payload: z.object({ buildId: z.uuid() }),
  attempts: 500,
  backoffSeconds: 1,
  concurrency: 8,
});
