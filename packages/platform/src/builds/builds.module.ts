import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { NetworkPoliciesModule } from '../network-policies/network-policies.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { BuildLogs } from './build-logs.service.js';
import { BuildMinutes } from './build-minutes.service.js';
import { BuildRecord } from './build-record.js';
import { BuildTokens } from './build-tokens.service.js';
import { BuildsController } from './builds.controller.js';
import { BuildsService } from './builds.service.js';
import { RunBuildProcessor } from './run-build.jobs.js';

@Module({
  imports: [
    ApplicationsModule,
    AuditModule,
    ClustersModule,
    NetworkPoliciesModule,
    OperationsModule,
    QuotasModule,
    ReleasesModule,
    RolloutsModule,
  ],
  controllers: [BuildsController],
  providers: [BuildsService, BuildLogs, BuildMinutes, BuildRecord, BuildTokens, RunBuildProcessor],
  exports: [BuildsService, BuildTokens],
})
export class BuildsModule {}
