import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { DomainsController } from './domains.controller.js';
import { DomainsService } from './domains.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule, QuotasModule, RolloutsModule],
  controllers: [DomainsController],
  providers: [DomainsService],
})
export class DomainsModule {}
