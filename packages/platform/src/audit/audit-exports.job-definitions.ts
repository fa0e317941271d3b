import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({ id: z.string() });
export type ExportAuditPayload = z.output<typeof payload>;

export const exportAudit = defineJob<ExportAuditPayload>({
  queue: 'audit',
  name: 'audit.export',
  payload,
  attempts: 10,
  backoffSeconds: 2,
  concurrency: 1,
});
