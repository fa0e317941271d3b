import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({
  tenantId: z.string(),
  environmentId: z.string(),
  /** Only of this application; default: of all. */
  applicationId: z.string().optional(),
  /** Whoever has the objects put back, whatever the policy. */
  healBy: z.string().optional(),
});
export type LookForDrift = z.output<typeof payload>;

/** Looks whether the objects of an environment are as the platform left them. */
export const lookForDrift = defineJob<LookForDrift>({
  queue: 'drift',
  name: 'drift.look',
  payload,
  attempts: 5,
  backoffSeconds: 2,
  concurrency: 4,
});
