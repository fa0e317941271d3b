import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { KeyRing } from '../kernel/crypto/key-ring.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { Metrics } from '../kernel/metrics/metrics.js';
import { OperationsService } from '../operations/operations.service.js';
import { type RewrapPayload, rewrapSecrets } from './keys.job-definitions.js';
import { KeysService } from './keys.service.js';

/** Rewraps until nothing is under another key than the primary one. A crash loses a batch at most; the next run goes on. */
@Processes(rewrapSecrets)
@Injectable()
export class RewrapProcessor implements JobProcessor<RewrapPayload> {
  private readonly rewrapped: Counter;

  constructor(
    private readonly keys: KeysService,
    private readonly ring: KeyRing,
    private readonly operations: OperationsService,
    metrics: Metrics,
  ) {
    this.rewrapped = new Counter({
      name: 'slipway_secrets_rewrapped_rows_total',
      help: 'Rows whose secrets were rewrapped under another master key.',
      labelNames: ['store'],
      registers: [metrics.registry],
    });
  }

  async run({ operation }: RewrapPayload, { signal }: JobContext): Promise<void> {
    await this.ring.refresh();
    for (const store of this.keys.stores()) {
      await this.operations.step(operation, store.name, 'running');
      let rows = 0;
      for (;;) {
        signal.throwIfAborted();
        const changed = await store.rewrapSome(this.ring.primary.id);
        if (changed === 0) break;
        rows += changed;
        this.rewrapped.inc({ store: store.name }, changed);
        await this.operations.step(operation, store.name, 'running', `${rows} rows`);
      }
      await this.operations.step(operation, store.name, 'succeeded', `${rows} rows`);
    }
    await this.operations.succeed(operation);
  }

  async giveUp({ operation }: RewrapPayload, error: Error): Promise<void> {
    await this.operations.fail(operation, { code: 'keys-not-rewrapped', message: error.message });
  }
}
