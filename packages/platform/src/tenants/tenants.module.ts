import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { MembersController } from './members.controller.js';
import { MembersService } from './members.service.js';
import { TenantsController } from './tenants.controller.js';
import { DeleteTenantProcessor } from './tenants.jobs.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

@Module({
  imports: [AuditModule, ClustersModule, OperationsModule],
  controllers: [TenantsController, MembersController],
  providers: [TenantsRepository, TenantsService, MembersService, DeleteTenantProcessor],
  exports: [TenantsService],
})
export class TenantsModule {}
