import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersController } from './clusters.controller.js';
import { ClustersService } from './clusters.service.js';
import { KubernetesDoor } from './kubernetes.door.js';
import { KubernetesAccess } from './kubernetes-access.service.js';

@Module({
  imports: [AuditModule],
  controllers: [ClustersController],
  providers: [ClustersService, KubernetesAccess, KubernetesDoor],
  exports: [ClustersService],
})
export class ClustersModule {}
