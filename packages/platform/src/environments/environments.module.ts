import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { NamespaceItself, PullSecret } from './built-in-parts.js';
import { EnvironmentProvisionerModule } from './environment-provisioner.module.js';
import { EnvironmentStates } from './environment-states.js';
import { EnvironmentsController } from './environments.controller.js';
import { DeleteEnvironmentProcessor, ProvisionEnvironmentProcessor } from './environments.jobs.js';
import {
  NamespacesBehind,
  ReconcileEnvironmentsProcessor,
  RefreshEnvironmentProcessor,
} from './environments.reconcile.js';
import { EnvironmentsService } from './environments.service.js';

@Module({
  imports: [
    ClustersModule,
    EnvironmentProvisionerModule,
    IdentityModule,
    OperationsModule,
    ProjectsModule,
    QuotasModule,
  ],
  controllers: [EnvironmentsController],
  providers: [
    EnvironmentsService,
    EnvironmentStates,
    ProvisionEnvironmentProcessor,
    DeleteEnvironmentProcessor,
    ReconcileEnvironmentsProcessor,
    RefreshEnvironmentProcessor,
    NamespacesBehind,
    NamespaceItself,
    PullSecret,
  ],
  exports: [EnvironmentsService],
})
export class EnvironmentsModule {}
