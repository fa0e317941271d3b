import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { ClustersModule } from './clusters.module.js';
import { KubeconfigController } from './kubeconfig.controller.js';
import { KubernetesDoor } from './kubernetes.door.js';
import { KubernetesAccess } from './kubernetes-access.service.js';

/** The door to the clusters; apart from `ClustersModule`, which others import that the door needs. */
@Module({
  imports: [AuditModule, ClustersModule, RequestsModule],
  controllers: [KubeconfigController],
  providers: [KubernetesAccess, KubernetesDoor],
})
export class KubernetesModule {}
