import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Database } from '../kernel/database/index.js';
import { Outgoing } from '../kernel/http/outgoing.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { AuditService } from './audit.service.js';
import { type SendAlertPayload, sendAlert } from './audit-alerts.job-definitions.js';
import { toAuditAlertAnswer } from './audit-rules.dto.js';
import { webhookContext } from './sealed-webhooks.store.js';
import { signWebhook } from './webhook-signature.rules.js';

/** Calls the webhook of an alert's rule, with the same id each time: CloudEvents 1.0, signed as Standard Webhooks say. */
@Processes(sendAlert)
@Injectable()
export class SendAlertProcessor implements JobProcessor<SendAlertPayload> {
  constructor(
    private readonly database: Database,
    private readonly crypto: Crypto,
    private readonly outgoing: Outgoing,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  async run({ id }: SendAlertPayload): Promise<void> {
    const alert = await this.find(id);
    const { webhookUrl, webhookSecret } = alert?.rule ?? {};
    if (alert?.webhook !== 'pending' || !webhookUrl || !webhookSecret) return;
    const now = this.clock.now();
    const { webhook: _, ...data } = toAuditAlertAnswer(alert);
    const body = JSON.stringify({
      specversion: '1.0',
      id,
      source: `/api/v1/${alert.rule.tenant ? `tenants/${alert.rule.tenant}/` : ''}audit-alerts`,
      type: 'dev.slipway.audit.alert',
      time: alert.at.toISOString(),
      datacontenttype: 'application/json',
      data,
    });
    const secret = this.crypto.open(webhookSecret, webhookContext(alert.ruleId));
    const headers = { 'content-type': 'application/cloudevents+json', ...signWebhook(secret, id, now, body) };
    const { status } = await this.outgoing.fetch(webhookUrl, { method: 'POST', headers, body });
    if (status < 200 || status > 299) throw new Error(`The webhook answered ${status}.`);
    await this.database.read.auditAlert.updateMany({ where: { id }, data: { webhook: 'delivered' } });
  }

  async giveUp({ id }: SendAlertPayload, error: Error): Promise<void> {
    const alert = await this.find(id);
    if (alert?.webhook !== 'pending') return;
    await this.database.read.auditAlert.updateMany({ where: { id }, data: { webhook: 'failed' } });
    const { tenant, tenantId, name } = alert.rule;
    await this.audit.note(systemCaller('audit', id), {
      action: 'audit-webhook.fail',
      resource: `${tenant ? `tenants/${tenant}/` : ''}audit-rules/${name}`,
      outcome: 'failed',
      ...(tenant && tenantId && { tenant: { id: tenantId, name: tenant } }),
      after: { error: error.message },
    });
  }

  private find(id: string) {
    return this.database.read.auditAlert.findUnique({ where: { id }, include: { rule: true } });
  }
}
