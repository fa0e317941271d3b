import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ApplicationEventsController } from './application-events.controller.js';
import { ApplicationFilesModule } from './application-files.module.js';
import { ApplicationScopes } from './application-scopes.service.js';
import { ApplicationsController } from './applications.controller.js';
import { RemoveApplicationProcessor } from './applications.jobs.js';
import { ApplicationsService } from './applications.service.js';

@Module({
  imports: [ApplicationFilesModule, AuditModule, ClustersModule, QuotasModule],
  controllers: [ApplicationsController, ApplicationEventsController],
  providers: [ApplicationScopes, ApplicationsService, RemoveApplicationProcessor],
  exports: [ApplicationScopes],
})
export class ApplicationsModule {}
