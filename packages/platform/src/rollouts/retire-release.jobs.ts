import { Injectable } from '@nestjs/common';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { RolloutObjects } from './rollout-objects.js';
import { RolloutRecord } from './rollout-record.js';
import { retireRelease } from './rollouts.job-definitions.js';

/** Ends what the release before left in its slot, unless another rollout has begun: that one decides about it then. */
@Processes(retireRelease)
@Injectable()
export class RetireReleaseProcessor implements JobProcessor<{ rolloutId: string }> {
  constructor(
    private readonly database: Database,
    private readonly record: RolloutRecord,
    private readonly clusters: ClustersService,
    private readonly objects: RolloutObjects,
  ) {}

  async run({ rolloutId }: { rolloutId: string }): Promise<void> {
    const loaded = await this.record.load(rolloutId);
    if (!loaded) return;
    const { row, scope } = loaded;
    const { applicationId, environmentId } = row;
    const newer = await this.database.read.rollout.count({
      where: { applicationId, environmentId, createdAt: { gt: row.createdAt } },
    });
    const release = await this.database.read.release.findUnique({ where: { id: row.releaseId } });
    if (newer > 0 || !release || scope.placement.releaseId !== release.id) return;
    await this.clusters.use(scope.environment.cluster, async (client) => {
      await this.objects.settle(client, scope, release);
      await this.objects.retire(client, scope);
    });
  }
}
