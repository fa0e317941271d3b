import { Injectable } from '@nestjs/common';
import { namespaces } from '@slipway/orchestrator/kinds';
import { ClustersService } from '../clusters/clusters.service.js';
import { RobotsService } from '../identity/robots.service.js';
import { Database, type EnvironmentModel } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { OperationsService } from '../operations/operations.service.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { AdoptedNamespaces, readAdoptedFrom } from './adopted-namespaces.service.js';
import { EnvironmentStates } from './environment-states.js';
import { deleteEnvironment, type EnvironmentJob, provisionEnvironment } from './environments.job-definitions.js';
import { EnvironmentsRepository } from './environments.repository.js';
import { adoptedLabel } from './environments.rules.js';
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
    const { kind, namespace, cluster, isAdopted } = row;
    const place = { ...job, kind, namespace, cluster, isAdopted };
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

/** Deletes the environment's namespace, or gives an adopted one back, waits until that is done, then deletes its rows. */
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
    private readonly adopted: AdoptedNamespaces,
  ) {}

  async run(job: EnvironmentJob, { signal }: JobContext): Promise<void> {
    const { tenantId, tenant, projectId, project, environment, operation } = job;
    await this.operations.step(operation, 'namespace', 'running');
    const row = await this.environments.findById(job.environmentId);
    if (row?.isAdopted && job.withNamespace) await this.disown(row);
    else if (row?.isAdopted) await this.adopted.giveBack(row, row.adoptedFrom);
    if (row && (!row.isAdopted || job.withNamespace))
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

  /** From then on its namespace is deleted as any other. */
  private async disown({ cluster, namespace, adoptedFrom }: EnvironmentModel): Promise<void> {
    const metadata = { labels: { [adoptedLabel]: null } };
    await this.clusters.use(cluster, async (client) => {
      const found = await client.find(namespaces, namespace);
      if (!found || found.metadata.uid !== readAdoptedFrom(adoptedFrom)?.uid) return;
      await client.patch(namespaces, namespace, undefined, { metadata }, { type: 'merge' });
    });
  }

  async giveUp({ operation }: EnvironmentJob, error: Error): Promise<void> {
    await this.operations.fail(operation, { code: 'environment-not-deleted', message: error.message });
  }
}
