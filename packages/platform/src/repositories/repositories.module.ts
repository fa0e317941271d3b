import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { BuildsModule } from '../builds/builds.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { RegistryDoor, RegistryTokenDoor } from './registry.doors.js';
import { RegistryTokens } from './registry-tokens.service.js';
import { RepositoriesController } from './repositories.controller.js';
import { RepositoriesService } from './repositories.service.js';

@Module({
  imports: [ApplicationsModule, BuildsModule, IdentityModule],
  controllers: [RepositoriesController],
  providers: [RepositoriesService, RegistryTokens, RegistryDoor, RegistryTokenDoor],
})
export class RepositoriesModule {}
