import { Injectable } from '@nestjs/common';
import { ApplicationScopes } from '../applications/application-scopes.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { RolloutObjects } from './rollout-objects.js';
import { retireRelease } from './rollouts.job-definitions.js';

/** Ends what the release before left in its slot, unless another rollout has begun: that one decides about it then. */
@Processes(retireRelease)
@Injectable()
export class RetireReleaseProcessor implements JobProcessor<{ rolloutId: string }> {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly clusters: ClustersService,
    private readonly objects: RolloutObjects,
  ) {}

  async run({ rolloutId }: { rolloutId: string }): Promise<void> {
    const row = await this.database.read.rollout.findUnique({
      where: { id: rolloutId },
      include: { environment: true },
    });
    const scope = row && (await this.scopes.findById(row.applicationId));
    if (!row || !scope || scope.application.state === 'deleting') return;
    const { applicationId, environmentId } = row;
    const newer = await this.database.read.rollout.count({
      where: { applicationId, environmentId, createdAt: { gt: row.createdAt } },
    });
    const place = { applicationId_environmentId: { applicationId, environmentId } };
    const placement = await this.database.read.placement.findUnique({ where: place });
    const release = await this.database.read.release.findUnique({ where: { id: row.releaseId } });
    if (newer > 0 || !placement || !release || placement.releaseId !== release.id) return;
    const placed = { ...scope, environment: row.environment, placement };
    await this.clusters.use(row.environment.cluster, async (client) => {
      await this.objects.settle(client, placed, release);
      await this.objects.retire(client, placed);
    });
  }
}
