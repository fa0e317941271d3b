import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/index.js';
import { Log } from '../log/log.js';
import { outboxChannel } from '../outbox/outbox.js';
import { Redis } from '../redis/redis.js';
import { JobAbandoned } from './job.js';
import { JobRegistry } from './job-registry.js';

const longestBackoffMilliseconds = 60_000;

/** Runs the jobs of every queue that a provider of this process has a processor for. */
@Injectable()
export class Workers implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private workers: Worker[] = [];

  constructor(
    private readonly registry: JobRegistry,
    private readonly database: Database,
    private readonly redis: Redis,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  start(): void {
    this.workers = [...this.registry.concurrencies()].map(([queue, concurrency]) => {
      const worker = new Worker(queue, (job) => this.process(job), {
        connection: this.redis.createConnection(),
        prefix: 'slipway',
        concurrency,
        // A worker that dies keeps its jobs for so long; then another takes them.
        lockDuration: 10_000,
        stalledInterval: 5_000,
        maxStalledCount: 1_000,
        settings: { backoffStrategy },
      });
      worker.on('error', (error) => this.log.debug('A queue waits', { queue, reason: error.message }));
      return worker;
    });
  }

  /** Gives running jobs `drainSeconds` to stop; those that do not are run again after the restart. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    const drained = Promise.all(this.workers.map((worker) => worker.close()));
    await Promise.race([drained, this.clock.sleep(8_000)]);
  }

  private async process(job: Job): Promise<void> {
    const id = job.id ?? '';
    const message = await this.database.read.outboxMessage.findUnique({ where: { id } });
    if (message?.completedAt) return;
    const { definition, processor } = this.registry.getProcessor(job.name);
    const payload = definition.payload.parse(job.data);
    const attempt = job.attemptsMade + 1;
    const isLastAttempt = attempt >= definition.attempts;
    try {
      await processor.run(payload, { id, attempt, isLastAttempt, signal: this.stopping.signal });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.log.warn('A job failed', { job: job.name, id, attempt, error });
      const isGivenUp = isLastAttempt || error instanceof JobAbandoned;
      if (!isGivenUp || this.stopping.signal.aborted) {
        await this.mark(id, { failedAt: this.clock.now() });
        throw error;
      }
      await processor.giveUp?.(payload, error);
      await this.mark(id, { completedAt: this.clock.now() });
      throw new UnrecoverableError(error.message);
    }
    await this.mark(id, { completedAt: this.clock.now() });
  }

  /** A place among the tenant's work is free: the relay may fill it. */
  private async mark(id: string, data: { completedAt: Date } | { failedAt: Date }): Promise<void> {
    await this.database.read.outboxMessage.updateMany({ where: { id }, data });
    await this.database.read.$executeRaw`SELECT pg_notify(${outboxChannel}, '')`;
  }
}

/** Doubles from the job's first delay, at most a minute. */
function backoffStrategy(
  attemptsMade: number,
  _type?: string,
  _error?: Error,
  job?: { opts: { backoff?: unknown } },
): number {
  const backoff = job?.opts.backoff;
  const first = typeof backoff === 'object' && backoff !== null ? Number(Reflect.get(backoff, 'delay')) : 1_000;
  return Math.min(first * 2 ** Math.max(0, attemptsMade - 1), longestBackoffMilliseconds);
}
