import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
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
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { ApplicationScopes, eventIds, eventPathOf } from './application-scopes.service.js';
import { removeApplication } from './applications.job-definitions.js';
import { selectorLabels } from './kube-objects.rules.js';

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
    @Inject(CONFIG) private readonly config: Configuration,
    private readonly quotas: QuotasService,
  ) {}

  async run({ applicationId }: { applicationId: string }): Promise<void> {
    const scope = await this.scopes.findById(applicationId);
    if (!scope) return;
    const environments = await this.database.read.environment.findMany({ where: { projectId: scope.project.id } });
    for (const environment of environments) {
      const names = { tenant: scope.tenant.name, project: scope.project.name, environment: environment.name };
      const labels = Object.entries(selectorLabels({ ...names, application: scope.application.name }));
      const selection = {
        namespace: environment.namespace,
        labelSelector: labels.map(([name, value]) => `${name}=${value}`).join(','),
      };
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
    await this.removeFiles(applicationId);
    await this.database.transaction(async (tx) => {
      const { tenantId, projectId } = eventIds(scope);
      await this.quotas.dischargeApplication(tx, tenantId, applicationId);
      await tx.application.deleteMany({ where: { id: applicationId } });
      await this.events.record(tx, { tenantId, projectId, type: 'application.deleted', resource: eventPathOf(scope) });
    });
  }

  /** Its git repository, uploaded archives and build logs: their rows still name them. */
  private async removeFiles(applicationId: string): Promise<void> {
    const { gitDir, uploadsDir } = this.config;
    const where = { where: { applicationId }, select: { id: true } };
    const [uploads, builds] = [
      await this.database.read.upload.findMany(where),
      await this.database.read.build.findMany(where),
    ];
    const paths = [
      join(gitDir, `${applicationId}.git`),
      ...uploads.map(({ id }) => join(uploadsDir, 'archives', `${id}.tar.gz`)),
      ...builds.map(({ id }) => join(uploadsDir, 'builds', `${id}.log`)),
    ];
    for (const path of paths) await rm(path, { recursive: true, force: true });
  }
}
