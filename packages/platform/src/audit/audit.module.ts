import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module.js';
import { AuditController } from './audit.controller.js';
import { AuditService } from './audit.service.js';
import { AuditChains } from './audit-chains.service.js';
import { AuditDoors } from './audit-doors.service.js';
import { AuditExports } from './audit-exports.service.js';
import { AuditKeys } from './audit-keys.service.js';
import { AuditRefusals } from './audit-refusals.middleware.js';
import { AuditRulesController } from './audit-rules.controller.js';
import { AuditRules } from './audit-rules.service.js';
import { AuditSealer } from './audit-sealer.service.js';
import { AuditSearch } from './audit-search.service.js';
import { AuditStreamSender } from './audit-stream-sender.service.js';
import { AuditStreamsController } from './audit-streams.controller.js';
import { AuditStreams } from './audit-streams.service.js';

@Module({
  imports: [OperationsModule],
  controllers: [AuditController, AuditRulesController, AuditStreamsController],
  providers: [
    AuditChains,
    AuditDoors,
    AuditExports,
    AuditKeys,
    AuditRules,
    AuditSealer,
    AuditSearch,
    AuditService,
    AuditStreamSender,
    AuditStreams,
  ],
  exports: [AuditDoors, AuditExports, AuditKeys, AuditSealer, AuditService, AuditStreamSender],
})
export class AuditModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(AuditRefusals).forRoutes('{*path}');
  }
}
