import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

/** Takes a train from where it stands to its end. It waits most of the time. */
export const advanceTrain = defineJob({
  queue: 'trains',
  name: 'trains.advance',
  payload: z.object({ trainId: z.uuid() }),
  attempts: 500,
  backoffSeconds: 1,
  concurrency: 100,
});
