import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { NetworkPoliciesRepository } from './network-policies.repository.js';
import { ProjectNetworks } from './project-networks.service.js';

/** Apart from the rest of the feature, which needs projects, so that a new project is given the mode of its blueprint. */
@Module({
  imports: [AuditModule, EnvironmentProvisionerModule],
  providers: [NetworkPoliciesRepository, ProjectNetworks],
  exports: [NetworkPoliciesRepository, ProjectNetworks],
})
export class ProjectNetworksModule {}
