import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { BuildNetwork } from './build-network.service.js';
import { NamespaceNetwork } from './namespace-network.js';
import { NetworkPoliciesController } from './network-policies.controller.js';
import { NetworkPoliciesService } from './network-policies.service.js';
import { ProjectNetworksModule } from './project-networks.module.js';

@Module({
  imports: [AuditModule, EnvironmentProvisionerModule, ProjectNetworksModule, ProjectsModule],
  controllers: [NetworkPoliciesController],
  providers: [NetworkPoliciesService, NamespaceNetwork, BuildNetwork],
  exports: [BuildNetwork],
})
export class NetworkPoliciesModule {}
