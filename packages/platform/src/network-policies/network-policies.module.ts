import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { BuildNetwork } from './build-network.service.js';
import { NamespaceNetwork } from './namespace-network.js';
import { NetworkPoliciesController } from './network-policies.controller.js';
import { NetworkPoliciesRepository } from './network-policies.repository.js';
import { NetworkPoliciesService } from './network-policies.service.js';

@Module({
  imports: [AuditModule, EnvironmentProvisionerModule, ProjectsModule],
  controllers: [NetworkPoliciesController],
  providers: [NetworkPoliciesRepository, NetworkPoliciesService, NamespaceNetwork, BuildNetwork],
  exports: [BuildNetwork],
})
export class NetworkPoliciesModule {}
