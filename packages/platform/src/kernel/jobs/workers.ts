import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/index.js';
import { Log } from '../log/log.js';
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
    const jobs = this.registry.list();
    const queues = [...new Set(jobs.map((job) => job.definition.queue))];
    this.workers = queues.map((queue) => {
      const concurrencies = jobs
        .filter((job) => job.definition.queue === queue)
        .map((job) => job.definition.concurrency ?? 4);
      const worker = new Worker(queue, (job) => this.process(job), {
        connection: this.redis.createConnection(),
        prefix: 'slipway',
        concurrency: Math.max(...concurrencies),
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
      if (!isGivenUp || this.stopping.signal.aborted) throw error;
      await processor.giveUp?.(payload, error);
      await this.complete(id);
      throw new UnrecoverableError(error.message);
    }
    await this.complete(id);
  }

  private async complete(id: string): Promise<void> {
    await this.database.read.outboxMessage.updateMany({ where: { id }, data: { completedAt: this.clock.now() } });
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
