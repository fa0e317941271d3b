import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type QuotaWaitModel, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { formatAmount } from './quantities.rules.js';
import { orderWaits, positionsOf } from './queue.rules.js';
import { QuotasRepository } from './quotas.repository.js';
import { couldFit, type QuotaPlace, type Refusal } from './quotas.rules.js';

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
  /** False: it is larger than the whole limit. */
  fits: z.boolean().default(true),
});

/** Changes that wait for room: one tenant's in their order, the tenants in turn. */
@Injectable()
export class QuotaQueue {
  private readonly handlers = new Map<string, WaitHandler>();

  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasRepository,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  register(kind: string, handler: WaitHandler): void {
    this.handlers.set(kind, handler);
  }

  async enter(tx: Transaction, caller: Caller, wait: NewWait, refusal: Refusal): Promise<void> {
    const { tenantId, projectId, environmentId, subject, action } = wait;
    if (refusal.source === 'cluster' && couldFit(refusal)) await this.await(tx, [refusal]);
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
   * draws on the cluster's pool that lacked it: nobody overtakes. What is larger than the whole limit holds up nobody.
   */
  async round(): Promise<number> {
    const rows = await this.database.read.quotaWait.findMany({
      where: { state: 'waiting' },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: 1000,
    });
    const held = new Set<string>();
    const pools: Refusal[] = [];
    let granted = 0;
    for (const row of orderWaits(rows)) {
      if (held.has(row.tenantId)) continue;
      const blocked = blockedBySchema.parse(row.blockedBy);
      if (blocked.source === 'cluster' && blocked.fits && pools.some((pool) => isSamePool(pool, blocked))) {
        held.add(row.tenantId);
        continue;
      }
      const outcome = await this.try(row, pools);
      if (outcome === 'done') granted += 1;
      if (typeof outcome !== 'object' || !couldFit(outcome)) continue;
      held.add(row.tenantId);
      if (outcome.source !== 'cluster') continue;
      pools.push(outcome);
      await this.database.transaction((tx) => this.await(tx, [outcome]));
    }
    await this.database.transaction((tx) => this.awaitOnly(tx, pools));
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

  /** Its turn is for all but the pools that somebody before it waits for. */
  private async try(row: QuotaWaitModel, held: readonly Refusal[]): Promise<Attempt> {
    const { kind, id } = actionSchema.parse(row.action);
    const handler = this.handlers.get(kind);
    if (!handler) return 'gone';
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM quota_waits WHERE id = ${row.id}::uuid FOR UPDATE`;
      const current = await tx.quotaWait.findUnique({ where: { id: row.id } });
      if (current?.state !== 'waiting') return 'gone' as const;
      await this.quotas.takeTurn(
        tx,
        held.map((pool) => ({ cluster: pool.id, resource: pool.resource })),
      );
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

  /** From now on only the queue gives of these. */
  private async await(tx: Transaction, pools: readonly Refusal[]): Promise<void> {
    for (const { id: cluster, resource } of pools)
      await tx.quotaPool.updateMany({ where: { cluster, resource, isAwaited: false }, data: { isAwaited: true } });
  }

  private async awaitOnly(tx: Transaction, pools: readonly Refusal[]): Promise<void> {
    const rows = await tx.quotaPool.findMany({ where: { isAwaited: true } });
    for (const { cluster, resource } of rows) {
      if (pools.some((pool) => isSamePool(pool, { id: cluster, resource }))) continue;
      // Who came since the round began set it after: he waits for his turn in the next one.
      const waits = await tx.quotaWait.count({
        where: {
          state: 'waiting',
          AND: [
            { blockedBy: { path: ['id'], equals: cluster } },
            { blockedBy: { path: ['resource'], equals: resource } },
            { blockedBy: { path: ['fits'], equals: true } },
          ],
        },
      });
      if (waits === 0)
        await tx.quotaPool.update({ where: { cluster_resource: { cluster, resource } }, data: { isAwaited: false } });
    }
    await this.await(tx, pools);
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

const toBlockedBy = (refusal: Refusal) => {
  const { source, id, resource, asked, left } = refusal;
  return { source, id, resource, missing: formatAmount(resource, asked - left), fits: couldFit(refusal) };
};

const isSamePool = (a: { id: string; resource: string }, b: { id: string; resource: string }): boolean =>
  a.id === b.id && a.resource === b.resource;
