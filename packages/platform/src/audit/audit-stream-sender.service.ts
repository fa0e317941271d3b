import { once } from 'node:events';
import { Inject, Injectable } from '@nestjs/common';
import { AwsV4Signer } from 'aws4fetch';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import type { AuditStreamModel } from '../kernel/database/index.js';
import { Outgoing } from '../kernel/http/outgoing.js';
import type { AuditAnswer } from './audit.dto.js';
import { type AuditStreamTarget, auditStreamTarget } from './audit-streams.dto.js';
import { toCloudEvents, toNdjson, toObjectKey, toSyslogFrame } from './audit-streams.rules.js';
import { streamContext } from './sealed-webhooks.store.js';
import { signWebhook } from './webhook-signature.rules.js';

/** Rows that go out together, of these positions. */
export interface StreamBatch {
  readonly events: readonly AuditAnswer[];
  readonly first: bigint;
  readonly last: bigint;
}

type Target<T extends AuditStreamTarget['type']> = Extract<AuditStreamTarget, { type: T }>;

/** Brings rows to a target, or throws: what was thrown at may have arrived in part, and is sent again. */
@Injectable()
export class AuditStreamSender {
  constructor(
    private readonly outgoing: Outgoing,
    private readonly crypto: Crypto,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'apiUrl'>,
  ) {}

  async send(stream: AuditStreamModel, batch: StreamBatch): Promise<void> {
    const target = auditStreamTarget.parse(stream.target);
    const secret = stream.credentials ? this.crypto.open(stream.credentials, streamContext(stream.id)) : '';
    switch (target.type) {
      case 'syslog':
        return this.toSyslog(target, batch);
      case 'webhook':
        return this.toWebhook(target, secret, stream, batch);
      case 's3':
        return this.toS3(target, secret, batch);
    }
  }

  /** Syslog answers nothing: that the other side took all in and closed in order is what there is to know. */
  private async toSyslog({ host, port, tls, ca }: Target<'syslog'>, { events }: StreamBatch): Promise<void> {
    const socket = await this.outgoing.connect({ host, port, ...(tls && { tls: { ca } }) });
    try {
      const name = new URL(this.config.apiUrl).hostname;
      const signal = AbortSignal.timeout(10_000);
      const ended = once(socket, 'close', { signal });
      socket.resume();
      socket.end(Buffer.concat(events.map((event) => toSyslogFrame(event, name))));
      await ended;
    } catch (cause) {
      throw new Error('The syslog server did not take all in.', { cause });
    } finally {
      socket.destroy();
    }
  }

  private async toWebhook(
    { url }: Target<'webhook'>,
    secret: string,
    { id, tenant }: AuditStreamModel,
    { events, last }: StreamBatch,
  ): Promise<void> {
    const body = toCloudEvents(events, `/api/v1/${tenant ? `tenants/${tenant}/` : ''}audit-events`);
    const headers = {
      'content-type': 'application/cloudevents-batch+json',
      ...signWebhook(secret, `${id}.${last}`, this.clock.now(), body),
    };
    requireTaken('webhook', (await this.outgoing.fetch(url, { method: 'POST', headers, body })).status);
  }

  private async toS3(
    { endpoint, bucket, prefix, region, accessKeyId }: Target<'s3'>,
    secretAccessKey: string,
    { events, first, last }: StreamBatch,
  ): Promise<void> {
    const now = this.clock.now();
    const body = toNdjson(events);
    const hash = await crypto.subtle.digest('SHA-256', Buffer.from(body));
    const signed = await new AwsV4Signer({
      method: 'PUT',
      url: `${endpoint.replace(/\/+$/, '')}/${bucket}/${toObjectKey(prefix, now, first, last)}`,
      headers: {
        'content-type': 'application/x-ndjson',
        'x-amz-content-sha256': Buffer.from(hash).toString('hex'),
      },
      accessKeyId,
      secretAccessKey,
      region,
      service: 's3',
      datetime: now.toISOString().replace(/[:-]|\.\d{3}/g, ''),
    }).sign();
    const headers = Object.fromEntries(signed.headers);
    requireTaken('bucket', (await this.outgoing.fetch(signed.url.href, { method: 'PUT', headers, body })).status);
  }
}

function requireTaken(what: string, status: number): void {
  if (status < 200 || status > 299) throw new Error(`The ${what} answered ${status}.`);
}
