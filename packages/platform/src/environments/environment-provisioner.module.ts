import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { AdoptedNamespaces } from './adopted-namespaces.service.js';
import { EnvironmentProvisioner } from './environment-provisioner.service.js';
import { EnvironmentsRepository } from './environments.repository.js';
import { NamespaceParts } from './namespace-parts.service.js';
import { NamespaceReconciler } from './namespace-reconciler.service.js';

/** Apart from `EnvironmentsModule`, which needs projects, so that projects can make their first environment. */
@Module({
  imports: [AuditModule, ClustersModule, DiscoveryModule, OperationsModule, QuotasModule],
  providers: [AdoptedNamespaces, EnvironmentsRepository, EnvironmentProvisioner, NamespaceParts, NamespaceReconciler],
  exports: [AdoptedNamespaces, EnvironmentsRepository, EnvironmentProvisioner, NamespaceParts, NamespaceReconciler],
})
export class EnvironmentProvisionerModule {}
