import { Injectable } from '@nestjs/common';
import { ClustersService } from '../clusters/clusters.service.js';
import { RobotsService } from '../identity/robots.service.js';
import { Database } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { OperationsService } from '../operations/operations.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { EnvironmentStates } from './environment-states.js';
import { deleteEnvironment, type EnvironmentJob, provisionEnvironment } from './environments.job-definitions.js';
import { EnvironmentsRepository } from './environments.repository.js';
import { NamespaceParts } from './namespace-parts.service.js';

/** Runs the parts of the environment's namespace as steps of the operation; what is there already is kept. */
@Processes(provisionEnvironment)
@Injectable()
export class ProvisionEnvironmentProcessor implements JobProcessor<EnvironmentJob> {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly state: EnvironmentStates,
    private readonly clusters: ClustersService,
    private readonly operations: OperationsService,
    private readonly parts: NamespaceParts,
  ) {}

  async run(job: EnvironmentJob): Promise<void> {
    const row = await this.environments.findById(job.environmentId);
    if (!row || row.state === 'deleting') {
      return this.operations.fail(job.operation, { code: 'environment-deleted', message: 'It was deleted meanwhile.' });
    }
    const place = { ...job, kind: row.kind, namespace: row.namespace, cluster: row.cluster };
    await this.clusters.use(row.cluster, (client) =>
      this.parts.ensure(client, place, (step, state) => this.operations.step(job.operation, step, state)),
    );
    await this.environments.setPartsVersion(row.id, this.parts.version());
    await this.state.set(job, 'provisioning', 'ready', null);
    await this.operations.succeed(job.operation, { namespace: row.namespace });
  }

  /** Leaves nothing behind but the row, which says why. */
  async giveUp(job: EnvironmentJob, error: Error): Promise<void> {
    const place = await this.environments.findPlace(job.environmentId, ['provisioning']);
    if (place && !place.isAdopted) {
      await this.clusters.use(place.cluster, (client) => this.parts.undo(client, place)).catch(() => undefined);
    }
    await this.state.set(job, 'provisioning', 'failed', error.message);
    await this.operations.fail(job.operation, { code: 'environment-not-provisioned', message: error.message });
  }
}

/** Deletes the environment's namespace, waits until it is gone, then its rows. */
@Processes(deleteEnvironment)
@Injectable()
export class DeleteEnvironmentProcessor implements JobProcessor<EnvironmentJob> {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly database: Database,
    private readonly clusters: ClustersService,
    private readonly operations: OperationsService,
    private readonly events: EventLog,
    private readonly robots: RobotsService,
    private readonly quotas: QuotasService,
  ) {}

  async run(job: EnvironmentJob, { signal }: JobContext): Promise<void> {
    const { tenantId, tenant, projectId, project, environment, operation } = job;
    await this.operations.step(operation, 'namespace', 'running');
    await this.clusters.deleteNamespaces({ tenant, project, environment }, signal);
    await this.operations.step(operation, 'namespace', 'succeeded');
    await this.operations.step(operation, 'records', 'running');
    await this.robots.revoke(tenantId, `robot$${project}+pull-${environment}`);
    await this.database.transaction(async (tx) => {
      const { environmentId } = job;
      await this.quotas.dischargePlace(tx, { tenantId, projectId, environmentId });
      await this.quotas.discharge(tx, tenantId, `environments/${environmentId}`);
      if (!(await this.environments.delete(tx, environmentId))) return;
      const resource = `projects/${project}/environments/${environment}`;
      await this.events.record(tx, { tenantId, projectId, type: 'environment.deleted', resource });
    });
    await this.operations.step(operation, 'records', 'succeeded');
    await this.operations.succeed(operation);
  }

  async giveUp({ operation }: EnvironmentJob, error: Error): Promise<void> {
    await this.operations.fail(operation, { code: 'environment-not-deleted', message: error.message });
  }
}
