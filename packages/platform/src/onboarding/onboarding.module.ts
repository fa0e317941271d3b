import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { BlueprintsModule } from '../blueprints/blueprints.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnvironmentsModule } from '../environments/environments.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { OnboardingController } from './onboarding.controller.js';
import { OnboardingService } from './onboarding.service.js';
import { TenantRequests } from './tenant-requests.js';
import { SetUpTenantProcessor } from './tenant-setup.jobs.js';
import { TenantSetupSteps } from './tenant-setup.service.js';

@Module({
  imports: [
    AuditModule,
    BlueprintsModule,
    ClustersModule,
    EnvironmentsModule,
    OperationsModule,
    ProjectsModule,
    QuotasModule,
    TenantsModule,
  ],
  controllers: [OnboardingController],
  providers: [OnboardingService, SetUpTenantProcessor, TenantRequests, TenantSetupSteps],
})
export class OnboardingModule {}
