import { Injectable } from '@nestjs/common';
import type { Prisma, Transaction } from '../database/index.js';

export const eventsChannel = 'slipway_events';

export interface NewEvent {
  readonly tenantId: string;
  readonly projectId?: string;
  readonly applicationId?: string;
  /** `noun.created|updated|deleted`, e.g. `build.updated`. */
  readonly type: string;
  /** The path under the tenant, e.g. `projects/shop/applications/web/builds/3`. */
  readonly resource: string;
  readonly data?: Prisma.InputJsonObject;
}

/** Writes news in the transaction of the change; streams of the api tell it to whoever follows. */
@Injectable()
export class EventLog {
  async record(tx: Transaction, event: NewEvent): Promise<void> {
    await tx.event.create({ data: { ...event, data: event.data ?? {} } });
    await tx.$executeRaw`SELECT pg_notify(${eventsChannel}, '')`;
  }
}
