import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { BlueprintProjects } from './blueprint-projects.service.js';
import { BlueprintsController, TenantBlueprintsController } from './blueprints.controller.js';
import { BlueprintsService } from './blueprints.service.js';

@Module({
  imports: [AuditModule, EnvironmentProvisionerModule, QuotasModule],
  controllers: [BlueprintsController, TenantBlueprintsController],
  providers: [BlueprintsService, BlueprintProjects],
  exports: [BlueprintsService, BlueprintProjects],
})
export class BlueprintsModule {}
