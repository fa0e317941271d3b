import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { NotificationsService } from '../notifications/notifications.service.js';
import { ApproversService } from './approvers.service.js';
import { RequestDecisions } from './request-decisions.service.js';
import { type NotifyPayload, notifyOfRequest, type PassPayload, passRequest } from './requests.job-definitions.js';

@Processes(passRequest)
@Injectable()
export class PassRequestProcessor implements JobProcessor<PassPayload> {
  constructor(
    private readonly decisions: RequestDecisions,
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async run({ requestId }: PassPayload): Promise<void> {
    const again = await this.decisions.pass(systemCaller('requests', requestId), requestId);
    if (!again) return;
    // Clocks differ, and a request may have got another end since: look again when it is time.
    const delaySeconds = Math.max(1, Math.ceil((again.getTime() - this.clock.now().getTime()) / 1000));
    await this.database.transaction((tx) => this.outbox.enqueue(tx, passRequest, { requestId }, { delaySeconds }));
  }
}

@Processes(notifyOfRequest)
@Injectable()
export class NotifyOfRequestProcessor implements JobProcessor<NotifyPayload> {
  constructor(
    private readonly approvers: ApproversService,
    private readonly notifications: NotificationsService,
    private readonly database: Database,
  ) {}

  async run({ requestId, type }: NotifyPayload): Promise<void> {
    await this.database.transaction(async (tx) => {
      const request = await tx.request.findUnique({ where: { id: requestId } });
      if (!request) return;
      const isForApprovers = type === 'request-asked' || type === 'request-review';
      // What is decided by now needs nobody's attention any more.
      if (type === 'request-asked' && request.state !== 'pending') return;
      if (type === 'request-review' && request.review !== 'due') return;
      const asker = request.requesterId ? [request.requesterId] : [];
      const userIds = isForApprovers ? await this.approvers.list(tx, request) : asker;
      const { title, requester, kind, tenant, reason } = request;
      await this.notifications.tell(tx, userIds, {
        type,
        key: `${type}/${requestId}`,
        link: `/requests/${requestId}`,
        data: { title, requester, kind, tenant: isForApprovers ? tenant : null, reason },
      });
    });
  }
}
