import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { RequestHandlers } from './request-handlers.service.js';
import { RequestRecord } from './request-record.js';
import { RequestsService } from './requests.service.js';

@Module({
  imports: [AuditModule],
  providers: [RequestHandlers, RequestRecord, RequestsService],
  exports: [RequestsService],
})
export class RequestsModule {}
