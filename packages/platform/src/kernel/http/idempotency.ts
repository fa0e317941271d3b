import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Database, isUniqueViolation, Prisma } from '../database/index.js';
import { fail } from '../errors/kernel.errors.js';

const keepMilliseconds = 24 * 3600 * 1000;
/** A first request that has not answered for so long has died with its process. */
const abandonedMilliseconds = 60 * 1000;

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Remembers the answers of POSTs by their Idempotency-Key for 24 hours, in PostgreSQL, so that a restart forgets none. */
@Injectable()
export class Idempotency {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Claims the key. Gives the kept answer when the same request was answered before, undefined when it is new; throws 422
   * when the key belongs to another request, and 409 while the first one is running.
   */
  async claim(actorId: string, key: string, request: { method: string; path: string; body: unknown }) {
    const requestHash = hashOf(request);
    const now = this.clock.now();
    const id = { actorId_key: { actorId, key } };
    for (;;) {
      try {
        await this.database.read.idempotencyKey.create({ data: { actorId, key, requestHash, createdAt: now } });
        return undefined;
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
      }
      const kept = await this.database.read.idempotencyKey.findUnique({ where: id });
      if (!kept) continue;
      const age = now.getTime() - kept.createdAt.getTime();
      if (age > keepMilliseconds || (kept.status === null && age > abandonedMilliseconds)) {
        await this.database.read.idempotencyKey.deleteMany({ where: { actorId, key, createdAt: kept.createdAt } });
        continue;
      }
      if (kept.requestHash !== requestHash) throw fail('idempotency-key-reused');
      if (kept.status === null) throw fail('idempotency-key-in-use', { retryAfterSeconds: 1 });
      return { status: kept.status, headers: toHeaders(kept.headers), body: kept.body } satisfies KeptAnswer;
    }
  }

  async keep(actorId: string, key: string, answer: KeptAnswer): Promise<void> {
    const body = answer.body === undefined || answer.body === null ? Prisma.JsonNull : toJson(answer.body);
    const data = { status: answer.status, headers: { ...answer.headers }, body };
    await this.database.read.idempotencyKey.update({ where: { actorId_key: { actorId, key } }, data });
  }

  /** Forgets a claim whose request failed on our side, so that it may be tried again. */
  async release(actorId: string, key: string): Promise<void> {
    await this.database.read.idempotencyKey.deleteMany({ where: { actorId, key, status: null } });
  }

  /** Deletes what is older than 24 hours. */
  async sweep(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - keepMilliseconds);
    await this.database.read.idempotencyKey.deleteMany({ where: { createdAt: { lt: before } } });
  }
}

function hashOf(request: { method: string; path: string; body: unknown }): string {
  return createHash('sha256')
    .update(JSON.stringify([request.method, request.path, request.body]))
    .digest('hex');
}

function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonValue;
}

function toHeaders(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}
