import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { AccessRequests } from './access-requests.service.js';
import { ApprovalPoliciesController } from './approval-policies.controller.js';
import { ApprovalPoliciesService } from './approval-policies.service.js';
import { ApproversService } from './approvers.service.js';
import { DelegationsController } from './delegations.controller.js';
import { DelegationsService } from './delegations.service.js';
import { ExecRequests, RequestPlaces, RevealRequests } from './environment-requests.service.js';
import { MyEventsController } from './my-events.controller.js';
import { MyEvents } from './my-events.service.js';
import { RequestDecisions } from './request-decisions.service.js';
import { RequestHandlers } from './request-handlers.service.js';
import { RequestRecord } from './request-record.js';
import { RequestViews } from './request-views.service.js';
import { RequestsController } from './requests.controller.js';
import { NotifyOfRequestProcessor, PassRequestProcessor } from './requests.jobs.js';
import { RequestsService } from './requests.service.js';

@Module({
  imports: [AuditModule, DiscoveryModule, NotificationsModule],
  controllers: [RequestsController, ApprovalPoliciesController, DelegationsController, MyEventsController],
  providers: [
    AccessRequests,
    ExecRequests,
    RequestPlaces,
    RevealRequests,
    ApprovalPoliciesService,
    ApproversService,
    DelegationsService,
    MyEvents,
    NotifyOfRequestProcessor,
    PassRequestProcessor,
    RequestDecisions,
    RequestHandlers,
    RequestRecord,
    RequestViews,
    RequestsService,
  ],
  exports: [RequestsService],
})
export class RequestsModule {}
