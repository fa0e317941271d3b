import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { DomainsController } from './domains.controller.js';
import { DomainsService } from './domains.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule, RolloutsModule],
  controllers: [DomainsController],
  providers: [DomainsService],
})
export class DomainsModule {}
