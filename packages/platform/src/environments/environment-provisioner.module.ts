import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { EnvironmentProvisioner } from './environment-provisioner.service.js';
import { EnvironmentsRepository } from './environments.repository.js';

/** Apart from `EnvironmentsModule`, which needs projects, so that projects can make their first environment. */
@Module({
  imports: [AuditModule, OperationsModule],
  providers: [EnvironmentsRepository, EnvironmentProvisioner],
  exports: [EnvironmentsRepository, EnvironmentProvisioner],
})
export class EnvironmentProvisionerModule {}
