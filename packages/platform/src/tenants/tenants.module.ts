import { Module } from '@nestjs/common';
import { ApplicationFilesModule } from '../applications/application-files.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ImageRemovalModule } from '../repositories/image-removal.module.js';
import { TenantNames } from './tenant-names.service.js';
import { TenantStatesController } from './tenant-states.controller.js';
import { ApplyTenantStateProcessor } from './tenant-states.jobs.js';
import { TenantStates } from './tenant-states.service.js';
import { TenantsController } from './tenants.controller.js';
import { DeleteTenantProcessor } from './tenants.jobs.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

@Module({
  imports: [
    ApplicationFilesModule,
    AuditModule,
    ClustersModule,
    EnvironmentProvisionerModule,
    ImageRemovalModule,
    OperationsModule,
    QuotasModule,
  ],
  controllers: [TenantsController, TenantStatesController],
  providers: [
    TenantsRepository,
    TenantsService,
    TenantNames,
    TenantStates,
    ApplyTenantStateProcessor,
    DeleteTenantProcessor,
  ],
  exports: [TenantNames, TenantsService],
})
export class TenantsModule {}
