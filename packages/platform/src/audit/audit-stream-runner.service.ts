import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { type AuditStreamModel, Database } from '../kernel/database/index.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { toAuditAnswer } from './audit.dto.js';
import { AuditService } from './audit.service.js';
import { auditRuleFilter } from './audit-rules.dto.js';
import { isMatch } from './audit-rules.rules.js';
import { AuditStreamSender } from './audit-stream-sender.service.js';
import { pauseAfter } from './audit-streams.rules.js';
import { toReason } from './audit-streams.service.js';

/** Positions looked at for one delivery. */
const batch = 500;
/** Longer than any delivery: who holds a stream longer than that is dead. */
const leaseMilliseconds = 120_000;
/** One object a minute is enough for a bucket. */
const bucketPauseMilliseconds = 60_000;
const atOnce = 4;
/** Then nobody is at the other end any more. */
const giveUpMilliseconds = 30 * 86_400_000;

/**
 * Sends each stream's rows in their order. The place it has come to is written after the target took them: whoever dies in between
 * has another worker send them again.
 */
@Injectable()
export class AuditStreamRunner {
  constructor(
    private readonly database: Database,
    private readonly sender: AuditStreamSender,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** All that is due; gives the number of rows delivered. */
  async run(): Promise<number> {
    const now = this.clock.now();
    const due = await this.database.read.auditStream.findMany({
      where: { isEnabled: true, nextAt: { lte: now }, OR: [{ leasedUntil: null }, { leasedUntil: { lt: now } }] },
      orderBy: { nextAt: 'asc' },
      select: { id: true },
      take: 200,
    });
    let delivered = 0;
    const work = async () => {
      for (let next = due.shift(); next; next = due.shift()) delivered += await this.advance(next.id);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return delivered;
  }

  private async advance(id: string): Promise<number> {
    const leasedUntil = new Date(this.clock.now().getTime() + leaseMilliseconds);
    let stream = await this.lease(id, leasedUntil);
    let delivered = 0;
    // A few batches at a time: a stream that is far behind does not keep the others waiting.
    for (let round = 0; stream && round < 10; round++) {
      const step = await this.deliver(stream);
      stream = await this.settle(stream, leasedUntil, step);
      delivered += step.count;
      if (step.error !== undefined || step.isAll) break;
    }
    const where = { id, leasedUntil };
    await this.database.read.auditStream.updateMany({ where, data: { leasedUntil: null } });
    return delivered;
  }

  /** One worker alone gets it. */
  private async lease(id: string, leasedUntil: Date): Promise<AuditStreamModel | null> {
    const now = this.clock.now();
    const free = { isEnabled: true, nextAt: { lte: now }, OR: [{ leasedUntil: null }, { leasedUntil: { lt: now } }] };
    const { count } = await this.database.read.auditStream.updateMany({
      where: { id, ...free },
      data: { leasedUntil },
    });
    return count === 0 ? null : this.database.read.auditStream.findUnique({ where: { id } });
  }

  private async deliver(stream: AuditStreamModel): Promise<Step> {
    const { position, tenantId } = stream;
    const sealer = await this.database.read.auditFollower.findUnique({ where: { name: 'sealer' } });
    const head = sealer?.position ?? 0n;
    if (head <= position) return { to: position, count: 0, isAll: true };
    const to = head - position > batch ? position + BigInt(batch) : head;
    const rows = await this.database.read.auditEvent.findMany({
      where: { position: { gt: position, lte: to }, tenantId: tenantId ?? undefined },
      orderBy: { position: 'asc' },
    });
    const filter = auditRuleFilter.parse(stream.filter);
    const events = rows.filter((row) => isMatch(filter, row)).map(toAuditAnswer);
    const step = { to, count: events.length, isAll: to === head };
    if (events.length === 0) return step;
    try {
      await this.sender.send(stream, { events, first: position + 1n, last: to });
      return step;
    } catch (thrown) {
      return { to: position, count: 0, isAll: false, error: toReason(thrown) };
    }
  }

  /** Whose lease was over, or whose stream was changed meanwhile, writes nothing. */
  private async settle(stream: AuditStreamModel, leasedUntil: Date, step: Step): Promise<AuditStreamModel | null> {
    const { id } = stream;
    const where = { id, leasedUntil, version: stream.version };
    const { count } = await this.database.read.auditStream.updateMany({ where, data: this.toChange(stream, step) });
    if (count === 0) return null;
    if (step.error !== undefined && stream.failures === 0) await this.noteFailure(stream, step.error);
    return this.database.read.auditStream.findUnique({ where: { id } });
  }

  private toChange(stream: AuditStreamModel, { to, count, isAll, error }: Step) {
    const now = this.clock.now();
    const later = (milliseconds: number) => new Date(now.getTime() + milliseconds);
    if (error !== undefined) {
      const failures = stream.failures + 1;
      const failingSince = stream.failingSince ?? now;
      const isEnabled = now.getTime() - failingSince.getTime() < giveUpMilliseconds;
      return { failures, failingSince, lastError: error, isEnabled, nextAt: later(pauseAfter(failures)) };
    }
    if (count === 0) return { position: to };
    const isBucket = Reflect.get(Object(stream.target), 'type') === 's3';
    return {
      ...{ position: to, delivered: { increment: count }, deliveredAt: now },
      ...{ failures: 0, failingSince: null, lastError: null },
      nextAt: later(isBucket && isAll ? bucketPauseMilliseconds : 0),
    };
  }

  /** Once for each time that it begins to fail: rules can tell of it. */
  private async noteFailure({ id, name, tenant, tenantId }: AuditStreamModel, error: string): Promise<void> {
    await this.audit.note(systemCaller('audit', id), {
      action: 'audit-stream.fail',
      resource: `${tenant ? `tenants/${tenant}/` : ''}audit-streams/${name}`,
      outcome: 'failed',
      ...(tenant && tenantId && { tenant: { id: tenantId, name: tenant } }),
      after: { error },
    });
  }
}

interface Step {
  /** The place that it has come to. */
  readonly to: bigint;
  readonly count: number;
  readonly isAll: boolean;
  readonly error?: string;
}
