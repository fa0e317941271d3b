import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import { defineJob, type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { OperationsService } from '../operations/operations.service.js';

const payload = z.object({ tenantId: z.string(), tenant: z.string(), operation: z.string() });
type Payload = z.output<typeof payload>;

export const deleteTenant = defineJob<Payload>({
  queue: 'tenants',
  name: 'tenants.delete',
  payload,
  attempts: 40,
  backoffSeconds: 1,
});

/** Deletes the tenant's namespaces, waits until they are gone, then its rows: what it had is named by its rows until then. */
@Processes(deleteTenant)
@Injectable()
export class DeleteTenantProcessor implements JobProcessor<Payload> {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
    private readonly operations: OperationsService,
  ) {}

  async run({ tenantId, tenant, operation }: Payload, { signal }: JobContext): Promise<void> {
    await this.operations.step(operation, 'namespaces', 'running');
    await this.clusters.deleteNamespaces({ tenant }, signal);
    await this.operations.step(operation, 'namespaces', 'succeeded');
    await this.operations.step(operation, 'records', 'running');
    await this.database.read.tenant.deleteMany({ where: { id: tenantId } });
    await this.operations.step(operation, 'records', 'succeeded');
    await this.operations.succeed(operation);
  }

  async giveUp({ operation }: Payload, error: Error): Promise<void> {
    await this.operations.fail(operation, { code: 'tenant-not-deleted', message: error.message });
  }
}
