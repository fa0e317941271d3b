import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Queue } from 'bullmq';
import { anySignal } from '../clock/any-signal.js';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/index.js';
import { Idempotency } from '../http/idempotency.js';
import { JobRegistry } from '../jobs/job-registry.js';
import { Log } from '../log/log.js';
import { Redis } from '../redis/redis.js';
import { outboxChannel } from './outbox.js';

const pollMilliseconds = 1_000;
const batch = 50;
/** A job published so long ago and not completed is offered again, in case Redis lost it; the job's id keeps it single. */
const republishSeconds = 60;
const keepDays = 7;
/** A tenant with so many failing jobs of a queue gets no more of them begun until some have come to an end. */
const mostFailing = 50;

interface Message {
  id: string;
  queue: string;
  name: string;
  payload: object;
}

/**
 * Carries committed messages to BullMQ. A message is published at least once: BullMQ knows it by its id, and the row stays
 * until the job is completed, so neither a crash between the two nor the loss of Redis loses work.
 *
 * BullMQ serves first what came first, so no tenant may have more jobs there than its share of the workers: the rest waits here,
 * in the order it came, and a flood of one tenant's holds up nobody else's.
 */
@Injectable()
export class OutboxRelay implements BeforeApplicationShutdown {
  private readonly queues = new Map<string, Queue>();
  private readonly stopping = new AbortController();
  private wake: () => void = () => undefined;
  private isWoken = false;
  private running: Promise<void> | undefined;
  private sweptAt = 0;

  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
    private readonly jobs: JobRegistry,
    private readonly idempotency: Idempotency,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Begins to relay, until shutdown. */
  start(): void {
    this.running ??= Promise.all([this.loop(), this.listen()]).then(() => undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  /** Publishes what is due; gives the number published. */
  async publish(): Promise<number> {
    const now = this.clock.now();
    const lost = new Date(now.getTime() - republishSeconds * 1000);
    const shares = this.jobs.shares();
    const messages = await this.database.read.$queryRaw<Message[]>`
      SELECT m.id, m.queue, m.name, m.payload
      FROM (
        SELECT *,
          row_number() OVER (PARTITION BY queue, share, "failedAt" IS NULL ORDER BY "createdAt", id) AS place,
          count("failedAt") OVER (PARTITION BY queue, share) AS failing
        FROM outbox_messages WHERE "completedAt" IS NULL AND "dueAt" <= ${now}
      ) m
      LEFT JOIN unnest(${[...shares.keys()]}::text[], ${[...shares.values()]}::int[]) AS s(queue, size) ON s.queue = m.queue
      WHERE (m."publishedAt" IS NULL OR m."publishedAt" < ${lost})
        AND (m.share = '' OR m."failedAt" IS NOT NULL OR (m.place <= coalesce(s.size, 1) AND m.failing < ${mostFailing}))
      ORDER BY m."createdAt", m.id LIMIT ${batch}`;
    for (const message of messages) {
      await this.add(message);
      const where = { id: message.id };
      await this.database.read.outboxMessage.updateMany({ where, data: { publishedAt: this.clock.now() } });
    }
    return messages.length;
  }

  private async add({ id, queue, name, payload }: Message): Promise<void> {
    const definition = this.jobs.find(name);
    if (!definition) {
      this.log.error('An outbox message names a job that no module of this worker defines', { id, name });
      return;
    }
    await this.queueOf(queue).add(name, payload, {
      jobId: id,
      attempts: definition.attempts,
      backoff: { type: 'slipway', delay: definition.backoffSeconds * 1000 },
      // The row knows what is done; a job that is gone from Redis without being completed is offered again.
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  private queueOf(name: string): Queue {
    let queue = this.queues.get(name);
    if (!queue) {
      queue = new Queue(name, { connection: this.redis.createConnection(), prefix: 'slipway' });
      queue.on('error', () => undefined);
      this.queues.set(name, queue);
    }
    return queue;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let published = 0;
      try {
        published = await this.publish();
        await this.sweep();
      } catch (error) {
        this.log.warn('The outbox waits', { error });
      }
      if (published < batch) await this.rest(signal);
    }
  }

  private async rest(signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    // A notice may have come while the last messages were published.
    if (!this.isWoken) await Promise.race([woken, this.clock.sleep(pollMilliseconds, signal)]);
    this.isWoken = false;
  }

  /** A notice only saves the wait: polling finds what a lost notice announced. */
  private async listen(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const lost = new AbortController();
        const end = await this.database.listen(
          outboxChannel,
          () => {
            this.isWoken = true;
            this.wake();
          },
          () => lost.abort(),
        );
        await this.clock.sleep(2 ** 30, anySignal([signal, lost.signal]));
        await end().catch(() => undefined);
      } catch {
        await this.clock.sleep(2_000, signal);
      }
    }
  }

  private async sweep(): Promise<void> {
    const now = this.clock.now().getTime();
    if (now - this.sweptAt < 3600_000) return;
    this.sweptAt = now;
    const before = new Date(now - keepDays * 86_400_000);
    await this.database.read.outboxMessage.deleteMany({ where: { completedAt: { lt: before } } });
    await this.database.read.event.deleteMany({ where: { at: { lt: before } } });
    await this.idempotency.sweep();
  }
}
