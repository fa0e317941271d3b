import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { PoliciesModule } from '../policies/policies.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { AdvanceRolloutProcessor } from './advance-rollout.jobs.js';
import { PlacementImages } from './placement-images.service.js';
import { PlacementQuota } from './placement-quota.service.js';
import { RetireReleaseProcessor } from './retire-release.jobs.js';
import { RolloutObjects } from './rollout-objects.js';
import { RolloutRecord } from './rollout-record.js';
import { RolloutRequests } from './rollout-requests.service.js';
import { RolloutWaits } from './rollout-waits.js';
import { RolloutsController } from './rollouts.controller.js';
import { RolloutsService } from './rollouts.service.js';
import { ScalingController } from './scaling.controller.js';
import { ScalingService } from './scaling.service.js';
import { StrategyController } from './strategy.controller.js';
import { StrategyService } from './strategy.service.js';

@Module({
  imports: [
    ApplicationsModule,
    AuditModule,
    ClustersModule,
    OperationsModule,
    PoliciesModule,
    QuotasModule,
    ReleasesModule,
  ],
  controllers: [RolloutsController, ScalingController, StrategyController],
  providers: [
    PlacementImages,
    PlacementQuota,
    RolloutsService,
    RolloutRequests,
    ScalingService,
    StrategyService,
    RolloutObjects,
    RolloutRecord,
    RolloutWaits,
    AdvanceRolloutProcessor,
    RetireReleaseProcessor,
  ],
  exports: [RolloutsService],
})
export class RolloutsModule {}
