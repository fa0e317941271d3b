import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { ProjectNetworksModule } from '../network-policies/project-networks.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ApplyBlueprint } from './apply-blueprint.service.js';
import { BlueprintsModule } from './blueprints.module.js';
import { ProjectBlueprintsController } from './project-blueprints.controller.js';
import { ProjectBlueprints } from './project-blueprints.service.js';
import { ProjectStates } from './project-state.service.js';

/** Apart from `BlueprintsModule`, which projects need to be made. */
@Module({
  imports: [
    AuditModule,
    BlueprintsModule,
    EnvironmentProvisionerModule,
    ProjectNetworksModule,
    ProjectsModule,
    QuotasModule,
  ],
  controllers: [ProjectBlueprintsController],
  providers: [ApplyBlueprint, ProjectBlueprints, ProjectStates],
})
export class ProjectBlueprintsModule {}
