import { describe, expect, it } from 'vitest';
import type { AuditAnswer } from './audit.dto.js';
import { pauseAfter, toNdjson, toObjectKey, toSyslogFrame } from './audit-streams.rules.js';

const event: AuditAnswer = {
  id: '019a0000-0000-7000-8000-000000000000',
  at: '2026-11-01T00:00:00.000Z',
  actor: 'e"v]e\\\n',
  impersonator: null,
  action: 'project.create',
  resource: 'tenants/acme/projects/shöp',
  outcome: 'denied',
  tenant: 'acme',
  cluster: null,
  namespace: null,
  before: null,
  after: null,
  requestId: 'r',
  source: '192.0.2.1',
  userAgent: null,
  sessionId: null,
  seq: 1,
  hash: 'h',
};

describe('a row as syslog', () => {
  it('is a message of RFC 5424 behind its length in bytes', () => {
    const frame = toSyslogFrame(event, 'slipway.example.org').toString();
    const message = frame.slice(frame.indexOf(' ') + 1);
    expect(Number(frame.slice(0, frame.indexOf(' ')))).toBe(Buffer.byteLength(message));
    expect(message).toContain(
      '<108>1 2026-11-01T00:00:00.000Z slipway.example.org slipway - project.create [audit@32473 id="019a',
    );
    expect(message).toContain(' actor="e\\"v\\]e\\\\ " outcome="denied" tenant="acme" source="192.0.2.1"] {"id"');
    expect(JSON.parse(message.slice(message.indexOf('] {') + 2))).toEqual(event);
    expect(message).not.toContain('\n');
  });

  it.each([
    ['a b\n<1>', 'a_b_<1>'],
    ['', '-'],
    ['x'.repeat(40), 'x'.repeat(32)],
  ])('keeps the action %j from breaking out of its place', (action, expected) => {
    expect(toSyslogFrame({ ...event, action }, 'h').toString()).toContain(` slipway - ${expected} [`);
  });
});

describe('objects of a stream', () => {
  it('sort by what they hold, under the day', () => {
    const at = new Date('2026-11-22T02:00:00Z');
    expect(toObjectKey('audit', at, 9n, 10n)).toBe('audit/2026/11/22/0000000000000009-0000000000000010.ndjson');
    expect(toObjectKey('', at, 9n, 10n) < toObjectKey('', at, 11n, 11n)).toBe(true);
    expect(toNdjson([event, event]).trim().split('\n')).toHaveLength(2);
  });
});

describe('the pause after failures', () => {
  it('doubles, up to five minutes', () => {
    expect([1, 2, 3, 8, 9, 50].map(pauseAfter)).toEqual([2000, 4000, 8000, 256_000, 300_000, 300_000]);
  });
});
