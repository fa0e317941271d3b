import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({ tenantId: z.string(), operation: z.string() });
export type TenantStateJob = z.output<typeof payload>;

/** Makes what runs in the tenant's namespaces as the tenant's state says now, whatever it was when the job was asked for. */
export const applyTenantState = defineJob<TenantStateJob>({
  queue: 'tenants',
  name: 'tenants.apply-state',
  payload,
  attempts: 60,
  backoffSeconds: 1,
});
