import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { FreezeChecks } from './freeze-checks.service.js';
import { FreezesController } from './freezes.controller.js';
import { FreezesService } from './freezes.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule],
  controllers: [FreezesController],
  providers: [FreezeChecks, FreezesService],
  exports: [FreezesService],
})
export class FreezesModule {}
