import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { AdoptableNamespaces } from './adoptable-namespaces.service.js';
import { AdoptionPlaces } from './adoption-places.service.js';
import { AdoptionPlan } from './adoption-plan.service.js';
import { AdoptionsController } from './adoptions.controller.js';
import { AdoptNamespacesProcessor } from './adoptions.jobs.js';
import { AdoptionsService } from './adoptions.service.js';

@Module({
  imports: [AuditModule, ClustersModule, EnvironmentProvisionerModule, OperationsModule, QuotasModule],
  controllers: [AdoptionsController],
  providers: [AdoptableNamespaces, AdoptionPlaces, AdoptionPlan, AdoptionsService, AdoptNamespacesProcessor],
})
export class AdoptionsModule {}
