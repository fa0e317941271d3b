import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type QuotaWaitModel, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { formatAmount } from './quantities.rules.js';
import { orderWaits, positionsOf } from './queue.rules.js';
import type { QuotaPlace, Refusal } from './quotas.rules.js';

/** `gone`: what waited is no longer wanted. */
export type Attempt = Refusal | 'done' | 'gone';

/** Of one kind of change that can wait. */
export interface WaitHandler {
  /** Tries again, in a transaction of its own: charges and begins, or tells why there is no room. */
  attempt(tx: Transaction, id: string): Promise<Attempt>;
  /** It is not wanted any more. */
  cancel(tx: Transaction, id: string): Promise<void>;
}

interface NewWait extends QuotaPlace {
  readonly subject: string;
  readonly action: { readonly kind: string; readonly id: string };
}

const actionSchema = z.object({ kind: z.string(), id: z.string() });
export const blockedBySchema = z.object({
  source: z.enum(['tenant', 'project', 'environment', 'cluster']),
  id: z.string(),
  resource: z.string(),
  missing: z.string(),
});

/** Changes that wait for room: one tenant's in their order, the tenants in turn. */
@Injectable()
export class QuotaQueue {
  private readonly handlers = new Map<string, WaitHandler>();

  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  register(kind: string, handler: WaitHandler): void {
    this.handlers.set(kind, handler);
  }

  async enter(tx: Transaction, caller: Caller, wait: NewWait, refusal: Refusal): Promise<void> {
    const { tenantId, projectId, environmentId, subject, action } = wait;
    await tx.quotaWait.create({
      data: {
        id: newId(),
        tenantId,
        projectId,
        environmentId,
        subject,
        action,
        position: 1 + (await tx.quotaWait.count({ where: { tenantId, state: 'waiting' } })),
        blockedBy: toBlockedBy(refusal),
        createdBy: caller.actor.username,
        createdById: caller.actor.id,
        createdAt: this.clock.now(),
      },
    });
    await this.events.record(tx, {
      tenantId,
      projectId: projectId ?? undefined,
      type: 'quota.waiting',
      resource: 'quota/queue',
    });
  }

  /**
   * One round: each that waits is tried in its turn. Behind one that finds no room nobody of its tenant is tried, and nobody at all who
   * draws on the cluster's pool that lacked it: nobody overtakes.
   */
  async round(): Promise<number> {
    const rows = await this.database.read.quotaWait.findMany({
      where: { state: 'waiting' },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: 1000,
    });
    const held = new Set<string>();
    let isPoolHeld = false;
    let granted = 0;
    for (const row of orderWaits(rows)) {
      if (held.has(row.tenantId)) continue;
      if (isPoolHeld && blockedBySchema.parse(row.blockedBy).source === 'cluster') continue;
      const outcome = await this.try(row);
      if (outcome === 'done') granted += 1;
      if (typeof outcome !== 'object') continue;
      held.add(row.tenantId);
      isPoolHeld ||= outcome.source === 'cluster';
    }
    await this.renumber();
    return granted;
  }

  async cancel(tx: Transaction, row: QuotaWaitModel): Promise<void> {
    const data = { state: 'cancelled', finishedAt: this.clock.now(), version: { increment: 1 } };
    const { count } = await tx.quotaWait.updateMany({ where: { id: row.id, state: 'waiting' }, data });
    if (count === 0) return;
    const { kind, id } = actionSchema.parse(row.action);
    await this.handlers.get(kind)?.cancel(tx, id);
  }

  private async try(row: QuotaWaitModel): Promise<Attempt> {
    const { kind, id } = actionSchema.parse(row.action);
    const handler = this.handlers.get(kind);
    if (!handler) return 'gone';
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM quota_waits WHERE id = ${row.id}::uuid FOR UPDATE`;
      const current = await tx.quotaWait.findUnique({ where: { id: row.id } });
      if (current?.state !== 'waiting') return 'gone' as const;
      const outcome = await handler.attempt(tx, id);
      const isOver = typeof outcome !== 'object';
      await tx.quotaWait.update({
        where: { id: row.id },
        data: isOver
          ? {
              state: outcome === 'done' ? 'granted' : 'cancelled',
              finishedAt: this.clock.now(),
              version: { increment: 1 },
            }
          : { blockedBy: toBlockedBy(outcome) },
      });
      if (isOver) {
        const { tenantId, projectId } = row;
        const type = outcome === 'done' ? 'quota.granted' : 'quota.cancelled';
        await this.events.record(tx, { tenantId, projectId: projectId ?? undefined, type, resource: 'quota/queue' });
      }
      return outcome;
    });
  }

  private async renumber(): Promise<void> {
    const rows = await this.database.read.quotaWait.findMany({
      where: { state: 'waiting' },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    const waits = rows.map((row) => ({ ...row, isPool: blockedBySchema.parse(row.blockedBy).source === 'cluster' }));
    for (const [id, position] of positionsOf(waits))
      if (rows.find((row) => row.id === id)?.position !== position)
        await this.database.read.quotaWait.updateMany({ where: { id, state: 'waiting' }, data: { position } });
  }
}

const toBlockedBy = ({ source, id, resource, asked, left }: Refusal) => ({
  source,
  id,
  resource,
  missing: formatAmount(resource, asked - left),
});
