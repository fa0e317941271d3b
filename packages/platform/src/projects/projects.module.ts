import { Module } from '@nestjs/common';
import { ApplicationFilesModule } from '../applications/application-files.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { BlueprintsModule } from '../blueprints/blueprints.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ImageRemovalModule } from '../repositories/image-removal.module.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectDeletion } from './projects.deletion.js';
import { DeleteProjectProcessor } from './projects.jobs.js';
import { ProjectsRepository } from './projects.repository.js';
import { ProjectsService } from './projects.service.js';

@Module({
  imports: [
    ApplicationFilesModule,
    ImageRemovalModule,
    AuditModule,
    ClustersModule,
    BlueprintsModule,
    EnvironmentProvisionerModule,
    OperationsModule,
    QuotasModule,
  ],
  controllers: [ProjectsController],
  providers: [ProjectsRepository, ProjectDeletion, ProjectsService, DeleteProjectProcessor],
  exports: [ProjectsService],
})
export class ProjectsModule {}
