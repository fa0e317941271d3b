import { Module } from '@nestjs/common';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { AuditModule } from './audit.module.js';
import { SendAlertProcessor } from './audit-alerts.jobs.js';
import { AuditChainCheck } from './audit-chain-check.service.js';
import { ExportAuditProcessor } from './audit-exports.jobs.js';
import { AuditLoop } from './audit-loop.service.js';
import { AuditRetention } from './audit-retention.service.js';
import { AuditRuleRunner } from './audit-rule-runner.service.js';
import { AuditStreamLoop } from './audit-stream-loop.service.js';
import { AuditStreamRunner } from './audit-stream-runner.service.js';

/** What goes on by itself: sealing, judging, streaming, checking, retention. For the worker alone. */
@Module({
  imports: [AuditModule, NotificationsModule, OperationsModule],
  providers: [
    AuditChainCheck,
    AuditLoop,
    AuditRetention,
    AuditRuleRunner,
    AuditStreamLoop,
    AuditStreamRunner,
    ExportAuditProcessor,
    SendAlertProcessor,
  ],
  exports: [AuditRetention],
})
export class AuditWorkerModule {}
