import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ApplicationFiles } from '../applications/application-files.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AdoptedNamespaces } from '../environments/adopted-namespaces.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { Database } from '../kernel/database/index.js';
import { defineJob, type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { OperationsService } from '../operations/operations.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { ImageRemoval } from '../repositories/image-removal.service.js';
import { toGroupName } from './tenants.rules.js';

const payload = z.object({ tenantId: z.string(), tenant: z.string(), operation: z.string() });
export type DeleteTenantJob = z.output<typeof payload>;

export const deleteTenant = defineJob<DeleteTenantJob>({
  queue: 'tenants',
  name: 'tenants.delete',
  payload,
  attempts: 40,
  backoffSeconds: 1,
});
export const deletionSteps = ['namespaces', 'images', 'files', 'group', 'records'] as const;

/** Takes away all that a tenant has, its rows last: what it had is named by its rows until then, so any step can be repeated. */
@Processes(deleteTenant)
@Injectable()
export class DeleteTenantProcessor implements JobProcessor<DeleteTenantJob> {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
    private readonly operations: OperationsService,
    private readonly images: ImageRemoval,
    private readonly files: ApplicationFiles,
    private readonly quotas: QuotasService,
    private readonly adopted: AdoptedNamespaces,
  ) {}

  async run({ tenantId, tenant, operation }: DeleteTenantJob, { signal }: Pick<JobContext, 'signal'>): Promise<void> {
    const steps: Readonly<Record<(typeof deletionSteps)[number], () => Promise<unknown>>> = {
      namespaces: async () => {
        await this.adopted.giveBackAll({ tenantId });
        await this.clusters.deleteNamespaces({ tenant }, signal);
      },
      images: () => this.images.remove({ tenantId }),
      files: () => this.files.remove({ tenantId }),
      group: () => this.database.read.group.deleteMany({ where: { name: toGroupName(tenant), source: 'expected' } }),
      records: () =>
        this.database.transaction(async (tx) => {
          await this.quotas.dischargeTenant(tx, tenantId);
          await tx.tenant.deleteMany({ where: { id: tenantId } });
          await noteAccessChange(tx);
        }),
    };
    for (const step of deletionSteps) {
      await this.operations.step(operation, step, 'running');
      await steps[step]();
      await this.operations.step(operation, step, 'succeeded');
    }
    await this.operations.succeed(operation);
  }

  async giveUp({ operation }: DeleteTenantJob, error: Error): Promise<void> {
    await this.operations.fail(operation, { code: 'tenant-not-deleted', message: error.message });
  }
}
