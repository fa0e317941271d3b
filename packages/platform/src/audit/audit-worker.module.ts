import { Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module.js';
import { AuditModule } from './audit.module.js';
import { ExportAuditProcessor } from './audit-exports.jobs.js';
import { AuditLoop } from './audit-loop.service.js';
import { AuditRetention } from './audit-retention.service.js';

/** What goes on by itself: sealing, following, retention. For the worker alone. */
@Module({
  imports: [AuditModule, OperationsModule],
  providers: [AuditLoop, AuditRetention, ExportAuditProcessor],
  exports: [AuditRetention],
})
export class AuditWorkerModule {}
