import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({ id: z.string() });
export type SendAlertPayload = z.output<typeof payload>;

/** For about a day, with pauses of a minute at most. */
export const sendAlert = defineJob<SendAlertPayload>({
  queue: 'audit',
  name: 'audit.alert',
  payload,
  attempts: 30,
  backoffSeconds: 5,
});
