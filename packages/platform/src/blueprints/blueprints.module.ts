import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ConfigWritesModule } from '../config/config-writes.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { ProjectNetworksModule } from '../network-policies/project-networks.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { BlueprintProjects } from './blueprint-projects.service.js';
import { BlueprintsController, TenantBlueprintsController } from './blueprints.controller.js';
import { BlueprintsService } from './blueprints.service.js';

@Module({
  imports: [AuditModule, ConfigWritesModule, EnvironmentProvisionerModule, ProjectNetworksModule, QuotasModule],
  controllers: [BlueprintsController, TenantBlueprintsController],
  providers: [BlueprintsService, BlueprintProjects],
  exports: [BlueprintsService, BlueprintProjects],
})
export class BlueprintsModule {}
