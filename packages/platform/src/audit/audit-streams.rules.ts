import type { AuditAnswer } from './audit.dto.js';

/** `log audit` of RFC 5424. */
const facility = 13;
const severities = { success: 6, denied: 4, failed: 3 } as const;

/** One row as a message of RFC 5424 with its length before it (RFC 5425); the text is the row's JSON. */
export function toSyslogFrame(event: AuditAnswer, host: string): Buffer {
  const priority = facility * 8 + severities[event.outcome];
  const { id, actor, outcome, tenant, source } = event;
  // 32473 is the number that stands for no enterprise.
  const data = Object.entries({ id, actor, outcome, tenant, source })
    .flatMap(([name, value]) => (value === null ? [] : [` ${name}="${escapeParam(value)}"`]))
    .join('');
  const head = `<${priority}>1 ${event.at} ${toVisible(host, 255)} slipway - ${toVisible(event.action, 32)}`;
  const message = Buffer.from(`${head} [audit@32473${data}] ${JSON.stringify(event)}`);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

const escapeParam = (text: string): string => text.replace(/["\\\]]/g, '\\$&').replace(/\p{Cc}/gu, ' ');

/** Printable ASCII without spaces, as the head of a message is. */
const toVisible = (text: string, most: number): string => text.replace(/[^\x21-\x7e]/g, '_').slice(0, most) || '-';

/** Rows as one CloudEvents batch. */
export function toCloudEvents(events: readonly AuditAnswer[], source: string): string {
  return JSON.stringify(
    events.map((event) => ({
      specversion: '1.0',
      id: event.id,
      source,
      type: 'dev.slipway.audit.event',
      subject: event.resource,
      time: event.at,
      datacontenttype: 'application/json',
      data: event,
    })),
  );
}

/** Objects of a day stand together, and in their order; positions are of all chains. */
export function toObjectKey(prefix: string, at: Date, first: bigint, last: bigint): string {
  const name = [first, last].map((position) => String(position).padStart(16, '0')).join('-');
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  return `${folder}${at.toISOString().slice(0, 10).replaceAll('-', '/')}/${name}.ndjson`;
}

export const toNdjson = (events: readonly AuditAnswer[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

/** Doubles from 2 s, at most 5 minutes. */
export const pauseAfter = (failures: number): number => Math.min(2 ** Math.min(failures, 10), 300) * 1000;
