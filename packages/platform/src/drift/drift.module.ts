import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnvironmentsModule } from '../environments/environments.module.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { DriftController } from './drift.controller.js';
import { LookForDriftProcessor } from './drift.jobs.js';
import { DriftService } from './drift.service.js';
import { DriftLooks } from './drift-looks.service.js';
import { DriftNews } from './drift-news.service.js';
import { EnvironmentDriftPolicies } from './environment-drift-policy.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule, ClustersModule, EnvironmentsModule, NotificationsModule, RolloutsModule],
  controllers: [DriftController],
  providers: [DriftService, DriftLooks, DriftNews, EnvironmentDriftPolicies, LookForDriftProcessor],
})
export class DriftModule {}
