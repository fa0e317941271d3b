import { Module } from '@nestjs/common';
import { ClustersController } from './clusters.controller.js';
import { ClustersService } from './clusters.service.js';
import { NamespaceRoles } from './namespace-roles.js';

@Module({
  controllers: [ClustersController],
  providers: [ClustersService, NamespaceRoles],
  exports: [ClustersService],
})
export class ClustersModule {}
