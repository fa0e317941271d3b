import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { BuildsModule } from '../builds/builds.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ArtifactRemoval } from './artifact-removal.service.js';
import { ImageQuota } from './image-quota.service.js';
import { RegistryDoor, RegistryTokenDoor } from './registry.doors.js';
import { RegistryTokens } from './registry-tokens.service.js';
import { RepositoriesController } from './repositories.controller.js';
import { RepositoriesService } from './repositories.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule, BuildsModule, IdentityModule, QuotasModule],
  controllers: [RepositoriesController],
  providers: [ArtifactRemoval, ImageQuota, RepositoriesService, RegistryTokens, RegistryDoor, RegistryTokenDoor],
})
export class RepositoriesModule {}
