import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({
  tenantId: z.string(),
  tenant: z.string(),
  projectId: z.string(),
  project: z.string(),
  environmentId: z.string(),
  environment: z.string(),
  operation: z.string(),
});
export type EnvironmentJob = z.output<typeof payload>;

const retries = { queue: 'environments', payload, attempts: 60, backoffSeconds: 1 };

export const provisionEnvironment = defineJob<EnvironmentJob>({ ...retries, name: 'environments.provision' });
export const deleteEnvironment = defineJob<EnvironmentJob>({ ...retries, name: 'environments.delete' });
