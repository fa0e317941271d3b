import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Clock } from '../clock/clock.js';
import type { Log } from '../log/log.js';

interface LoopOptions {
  readonly pauseMilliseconds: number;
  /** What the log says of a round that failed; the next one comes after the pause all the same. */
  readonly onFailure: string;
}

/** Work that goes on by itself, one round after the other, from the start of the process to its shutdown. */
export abstract class BackgroundLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    protected readonly clock: Clock,
    private readonly log: Log,
    private readonly options: LoopOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  protected abstract round(signal: AbortSignal): Promise<void>;

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.round(signal).catch((error: unknown) => this.log.warn(this.options.onFailure, { error }));
      await this.clock.sleep(this.options.pauseMilliseconds, signal);
    }
  }
}
