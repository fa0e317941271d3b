import { Injectable } from '@nestjs/common';
import { narrowedTenant, type Prisma, type Transaction } from '../database/index.js';
import { newId } from '../ids/ids.js';
import type { JobDefinition } from '../jobs/job.js';

export const outboxChannel = 'slipway_outbox';

/** Where work leaves a transaction: the row commits or rolls back with the change, and the relay carries it on. */
@Injectable()
export class Outbox {
  /**
   * Has the worker run the job after the commit, at least once. Gives the message's id. It takes its turn among the work of
   * `tenantId`, which is known without being said where the payload has one or the request is of one tenant.
   */
  async enqueue<T extends object>(
    tx: Transaction,
    job: JobDefinition<T>,
    payload: T,
    options: { delaySeconds?: number; tenantId?: string | null } = {},
  ): Promise<string> {
    const id = newId();
    const data = job.payload.parse(payload) as Prisma.InputJsonObject;
    const dueAt = options.delaySeconds ? new Date(Date.now() + options.delaySeconds * 1000) : undefined;
    const share = options.tenantId ?? tenantOf(data) ?? narrowedTenant() ?? '';
    await tx.outboxMessage.create({ data: { id, queue: job.queue, name: job.name, payload: data, share, dueAt } });
    await tx.$executeRaw`SELECT pg_notify(${outboxChannel}, '')`;
    return id;
  }
}

function tenantOf({ tenantId }: Prisma.InputJsonObject): string | undefined {
  return typeof tenantId === 'string' ? tenantId : undefined;
}
