import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ApplicationFiles } from '../applications/application-files.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AdoptedNamespaces } from '../environments/adopted-namespaces.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { Database } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { defineJob, type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { OperationsService } from '../operations/operations.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { ImageRemoval } from '../repositories/image-removal.service.js';

const payload = z.object({
  tenantId: z.string(),
  tenant: z.string(),
  projectId: z.string(),
  project: z.string(),
  operation: z.string(),
});
type Payload = z.output<typeof payload>;

export const deleteProject = defineJob<Payload>({
  queue: 'projects',
  name: 'projects.delete',
  payload,
  attempts: 40,
  backoffSeconds: 1,
});

/** Gives adopted namespaces of the project back, deletes the others, waits until they are gone, then its rows. */
@Processes(deleteProject)
@Injectable()
export class DeleteProjectProcessor implements JobProcessor<Payload> {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
    private readonly operations: OperationsService,
    private readonly events: EventLog,
    private readonly images: ImageRemoval,
    private readonly files: ApplicationFiles,
    private readonly quotas: QuotasService,
    private readonly adopted: AdoptedNamespaces,
  ) {}

  async run({ tenantId, tenant, projectId, project, operation }: Payload, { signal }: JobContext): Promise<void> {
    await this.operations.step(operation, 'namespaces', 'running');
    await this.adopted.giveBackAll({ tenantId, projectId });
    await this.clusters.deleteNamespaces({ tenant, project }, signal);
    await this.operations.step(operation, 'namespaces', 'succeeded');
    await this.operations.step(operation, 'images', 'running');
    await this.images.remove({ projectId });
    await this.operations.step(operation, 'images', 'succeeded');
    await this.operations.step(operation, 'files', 'running');
    await this.files.remove({ projectId });
    await this.operations.step(operation, 'files', 'succeeded');
    await this.operations.step(operation, 'records', 'running');
    await this.database.transaction(async (tx) => {
      await this.quotas.dischargePlace(tx, { tenantId, projectId });
      await this.quotas.discharge(tx, tenantId, `projects/${projectId}`);
      const { count } = await tx.project.deleteMany({ where: { id: projectId, tenantId } });
      await noteAccessChange(tx);
      if (count > 0)
        await this.events.record(tx, { tenantId, type: 'project.deleted', resource: `projects/${project}` });
    });
    await this.operations.step(operation, 'records', 'succeeded');
    await this.operations.succeed(operation);
  }

  async giveUp({ operation }: Payload, error: Error): Promise<void> {
    await this.operations.fail(operation, { code: 'project-not-deleted', message: error.message });
  }
}
