import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { BuildsModule } from '../builds/builds.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { BuildContextDoor } from './build-context.door.js';
import { GitDoor } from './git.door.js';
import { GitPushes } from './git-pushes.service.js';
import { SourcesController } from './sources.controller.js';
import { UploadsService } from './uploads.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule, BuildsModule, IdentityModule, QuotasModule],
  controllers: [SourcesController],
  providers: [UploadsService, BuildContextDoor, GitDoor, GitPushes],
})
export class SourcesModule {}
