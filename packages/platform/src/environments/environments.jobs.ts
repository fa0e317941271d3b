import { Inject, Injectable } from '@nestjs/common';
import { isAlreadyExists, type KubeClient } from '@slipway/orchestrator/client';
import { namespaces, secrets } from '@slipway/orchestrator/kinds';
import { ClustersService } from '../clusters/clusters.service.js';
import { RobotsService } from '../identity/robots.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { OperationsService } from '../operations/operations.service.js';
import { EnvironmentStates } from './environment-states.js';
import { deleteEnvironment, type EnvironmentJob, provisionEnvironment } from './environments.job-definitions.js';
import { EnvironmentsRepository } from './environments.repository.js';
import { findDockerPassword, podSecurity, pullSecretName, toDockerConfig, toLabels } from './environments.rules.js';

/** Makes the environment's namespace and its pull secret; whatever is there already is kept. */
@Processes(provisionEnvironment)
@Injectable()
export class ProvisionEnvironmentProcessor implements JobProcessor<EnvironmentJob> {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly state: EnvironmentStates,
    private readonly clusters: ClustersService,
    private readonly operations: OperationsService,
    private readonly robots: RobotsService,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryHost'>,
  ) {}

  async run(job: EnvironmentJob): Promise<void> {
    const row = await this.environments.findById(job.environmentId);
    if (!row || row.state === 'deleting') {
      return this.operations.fail(job.operation, { code: 'environment-deleted', message: 'It was deleted meanwhile.' });
    }
    await this.clusters.use(row.cluster, async (client) => {
      await this.operations.step(job.operation, 'namespace', 'running');
      await this.ensureNamespace(client, job, row.namespace);
      await this.operations.step(job.operation, 'namespace', 'succeeded');
      await this.operations.step(job.operation, 'pull secret', 'running');
      await this.ensurePullSecret(client, job, row.namespace);
      await this.operations.step(job.operation, 'pull secret', 'succeeded');
    });
    await this.state.set(job, 'provisioning', 'ready', null);
    await this.operations.succeed(job.operation, { namespace: row.namespace });
  }

  async giveUp(job: EnvironmentJob, error: Error): Promise<void> {
    await this.state.set(job, 'provisioning', 'failed', error.message);
    await this.operations.fail(job.operation, { code: 'environment-not-provisioned', message: error.message });
  }

  private async ensureNamespace(client: KubeClient, job: EnvironmentJob, name: string): Promise<void> {
    const owner = { tenant: job.tenant, project: job.project, environment: job.environment };
    const labels = { ...toLabels(owner), ...podSecurity };
    const existing = await client.find(namespaces, name);
    if (existing?.metadata.deletionTimestamp) throw new Error(`The namespace ${name} is still being deleted.`);
    if (existing) {
      await client.patch(namespaces, name, undefined, { metadata: { labels } }, { type: 'merge' });
      return;
    }
    await client
      .create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels }, spec: {} })
      .catch(ignoreExisting);
  }

  private async ensurePullSecret(client: KubeClient, job: EnvironmentJob, namespace: string): Promise<void> {
    const existing = await client.find(secrets, pullSecretName, namespace);
    const host = this.config.registryHost;
    const password = findDockerPassword(existing?.data?.['.dockerconfigjson'], host);
    if (password && (await this.robots.isValid(password))) return;
    const { tenantId, projectId } = job;
    const username = `robot$${job.project}+pull-${job.environment}`;
    const robot = await this.robots.issue({ tenantId, projectId, username, permissions: ['repositories:read'] });
    const data = { '.dockerconfigjson': toBase64(toDockerConfig(host, username, robot.token)) };
    if (existing) {
      await client.patch(secrets, pullSecretName, namespace, { data }, { type: 'merge' });
      return;
    }
    const labels = toLabels({ tenant: job.tenant, project: job.project, environment: job.environment });
    const metadata = { name: pullSecretName, namespace, labels };
    await client.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'kubernetes.io/dockerconfigjson',
      data,
    });
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
  ) {}

  async run(job: EnvironmentJob, { signal }: JobContext): Promise<void> {
    const { tenantId, tenant, projectId, project, environment, operation } = job;
    await this.operations.step(operation, 'namespace', 'running');
    await this.clusters.deleteNamespaces({ tenant, project, environment }, signal);
    await this.operations.step(operation, 'namespace', 'succeeded');
    await this.operations.step(operation, 'records', 'running');
    await this.robots.revoke(tenantId, `robot$${project}+pull-${environment}`);
    await this.database.transaction(async (tx) => {
      if (!(await this.environments.delete(tx, job.environmentId))) return;
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

const toBase64 = (text: string): string => Buffer.from(text).toString('base64');

function ignoreExisting(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}
