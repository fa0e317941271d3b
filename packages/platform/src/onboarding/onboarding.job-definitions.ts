import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({ tenantId: z.string() });
export type SetupJob = z.output<typeof payload>;

/** Goes on with a tenant's setting up, or with taking it back: which one its row says. */
export const setUpTenant = defineJob<SetupJob>({
  queue: 'onboarding',
  name: 'onboarding.set-up',
  payload,
  attempts: 12,
  backoffSeconds: 1,
});
