import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const passPayload = z.object({ requestId: z.string() });
export type PassPayload = z.output<typeof passPayload>;

/** Looks whether time has ended the waiting or the grant. */
export const passRequest = defineJob<PassPayload>({
  queue: 'requests',
  name: 'requests.pass',
  payload: passPayload,
  attempts: 40,
  backoffSeconds: 5,
});

const notifyPayload = z.object({
  requestId: z.string(),
  type: z.enum([
    'request-asked',
    'request-approved',
    'request-rejected',
    'request-expired',
    'request-ended',
    'request-review',
  ]),
});
export type NotifyPayload = z.output<typeof notifyPayload>;

/** Tells whoever should hear of it: the approvers of what was asked, the asker of what was decided. */
export const notifyOfRequest = defineJob<NotifyPayload>({
  queue: 'requests',
  name: 'requests.notify',
  payload: notifyPayload,
  attempts: 10,
  backoffSeconds: 2,
});
