import { Injectable } from '@nestjs/common';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { PlacementQuota } from './placement-quota.service.js';
import { RolloutObjects } from './rollout-objects.js';
import { RolloutRecord } from './rollout-record.js';
import { RolloutSteering } from './rollout-steering.service.js';
import { settleSettings } from './rollouts.job-definitions.js';

/** Brings what stands to its settings while another release waits to begin. */
@Processes(settleSettings)
@Injectable()
export class SettleSettingsProcessor implements JobProcessor<{ rolloutId: string }> {
  constructor(
    private readonly database: Database,
    private readonly record: RolloutRecord,
    private readonly clusters: ClustersService,
    private readonly objects: RolloutObjects,
    private readonly quota: PlacementQuota,
    private readonly steering: RolloutSteering,
  ) {}

  async run({ rolloutId }: { rolloutId: string }): Promise<void> {
    const loaded = await this.record.load(rolloutId);
    const releaseId = loaded?.scope.placement.releaseId;
    if (!loaded || !releaseId) return;
    const { row, scope } = loaded;
    if (row.state === 'pending' || row.finishedAt !== null) {
      const release = await this.database.read.release.findUniqueOrThrow({ where: { id: releaseId } });
      await this.quota.makeRoom(scope);
      await this.clusters.use(scope.environment.cluster, (client) => this.objects.settle(client, scope, release));
    }
    // What has begun meanwhile may have been planned before the change, and written over since.
    const caller = systemCaller('rollouts', rolloutId);
    await this.database.transaction((tx) => this.steering.takeUpSettings(tx, caller, rolloutId));
  }
}
