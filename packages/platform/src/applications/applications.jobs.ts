import { Injectable } from '@nestjs/common';
import { isNotFound } from '@slipway/orchestrator/client';
import {
  configMaps,
  deployments,
  httpRoutes,
  type KubeObject,
  type ResourceType,
  secrets,
  services,
} from '@slipway/orchestrator/kinds';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { ApplicationFiles } from './application-files.service.js';
import { ApplicationScopes, eventIds, eventPathOf } from './application-scopes.service.js';
import { removeApplication } from './applications.job-definitions.js';
import { labelSelectorOf } from './kube-objects.rules.js';

const kinds: readonly ResourceType<KubeObject>[] = [httpRoutes, services, deployments, configMaps, secrets];

/** Takes an application's objects out of every environment, then its rows: while a row stands, something may be left. */
@Processes(removeApplication)
@Injectable()
export class RemoveApplicationProcessor implements JobProcessor<{ applicationId: string }> {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly clusters: ClustersService,
    private readonly events: EventLog,
    private readonly files: ApplicationFiles,
    private readonly quotas: QuotasService,
  ) {}

  async run({ applicationId }: { applicationId: string }): Promise<void> {
    const scope = await this.scopes.findById(applicationId);
    if (!scope) return;
    const environments = await this.database.read.environment.findMany({ where: { projectId: scope.project.id } });
    for (const environment of environments) {
      const names = { tenant: scope.tenant.name, project: scope.project.name, environment: environment.name };
      const labelSelector = labelSelectorOf({ ...names, application: scope.application.name });
      const selection = { namespace: environment.namespace, labelSelector };
      await this.clusters.use(environment.cluster, async (client) => {
        for (const kind of kinds) {
          for (const { metadata } of (await client.list(kind, selection)).items) {
            await client
              .delete(kind, metadata.name ?? '', metadata.namespace, { propagationPolicy: 'Background' })
              .catch((error: unknown) => {
                if (!isNotFound(error)) throw error;
              });
          }
        }
      });
    }
    await this.files.remove({ applicationId });
    await this.database.transaction(async (tx) => {
      const { tenantId, projectId } = eventIds(scope);
      await this.quotas.dischargeApplication(tx, tenantId, applicationId);
      await tx.application.deleteMany({ where: { id: applicationId } });
      const environmentIds = environments.map(({ id }) => id);
      await this.scopes.noteHostnames(tx, tenantId, environmentIds);
      await this.events.record(tx, { tenantId, projectId, type: 'application.deleted', resource: eventPathOf(scope) });
    });
  }
}
