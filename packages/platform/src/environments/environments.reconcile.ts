import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import {
  type EnvironmentKey,
  type EnvironmentSelection,
  reconcileEnvironments,
  refreshEnvironment,
} from './environments.job-definitions.js';
import { EnvironmentsRepository } from './environments.repository.js';
import { NamespaceParts } from './namespace-parts.service.js';

@Processes(reconcileEnvironments)
@Injectable()
export class ReconcileEnvironmentsProcessor implements JobProcessor<EnvironmentSelection> {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly parts: NamespaceParts,
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async run({ isBehind, ...where }: EnvironmentSelection): Promise<void> {
    const other = isBehind ? this.parts.version() : undefined;
    const ids = await this.environments.listStanding(where, other);
    await this.database.transaction(async (tx) => {
      const { tenantId } = where;
      for (const environmentId of ids)
        await this.outbox.enqueue(tx, refreshEnvironment, { environmentId }, { tenantId });
    });
  }
}

/** Runs the parts in a namespace that stands; also what rescues an environment whose provisioning had failed. */
@Processes(refreshEnvironment)
@Injectable()
export class RefreshEnvironmentProcessor implements JobProcessor<EnvironmentKey> {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly parts: NamespaceParts,
    private readonly clusters: ClustersService,
  ) {}

  async run({ environmentId }: EnvironmentKey): Promise<void> {
    const place = await this.environments.findPlace(environmentId);
    if (!place) return;
    await this.clusters.use(place.cluster, (client) => this.parts.ensure(client, place));
    await this.environments.markReconciled(environmentId, this.parts.version());
  }
}

/** When another version of the platform starts, its parts reach the namespaces that stand. */
@Injectable()
export class NamespacesBehind implements OnApplicationBootstrap {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly parts: NamespaceParts,
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const behind = await this.environments.listStanding({}, this.parts.version(), 1).catch(() => []);
    if (behind.length === 0) return;
    await this.database.transaction((tx) => this.outbox.enqueue(tx, reconcileEnvironments, { isBehind: true }));
  }
}
