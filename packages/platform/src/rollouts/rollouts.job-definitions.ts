import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

/** Takes a rollout from where it stands to its end. Most of its time it waits, so many run at once. */
export const advanceRollout = defineJob({
  queue: 'rollouts',
  name: 'rollouts.advance',
  payload: z.object({ rolloutId: z.uuid() }),
  attempts: 500,
  backoffSeconds: 1,
  concurrency: 250,
});

/** Ends the pods of the release before, when the time for a quick way back is over. */
export const retireRelease = defineJob({
  queue: 'rollouts',
  name: 'rollouts.retire',
  payload: z.object({ rolloutId: z.uuid() }),
  attempts: 100,
  backoffSeconds: 2,
});
