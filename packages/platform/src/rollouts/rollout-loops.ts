import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';

/** One loop over a rollout; asleep between two looks. */
export interface RolloutLoop {
  /** Ends early when somebody asked something of the rollout; at once where that was before. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/**
 * The rollouts that this process is at, one loop for each however many jobs ask for it: what comes while a loop sleeps wakes
 * it, and what comes while it works has it look once more.
 */
@Injectable()
export class RolloutLoops {
  private readonly loops = new Map<string, Waking>();

  constructor(private readonly clock: Clock) {}

  get count(): number {
    return this.loops.size;
  }

  /** Resolves when the loop is over, or at once where another one has taken the call. */
  async run(rolloutId: string, work: (loop: RolloutLoop) => Promise<void>): Promise<void> {
    const running = this.loops.get(rolloutId);
    if (running) return running.wake();
    const loop = new Waking(this.clock);
    this.loops.set(rolloutId, loop);
    try {
      do {
        loop.isAsked = false;
        await work(loop);
      } while (loop.isAsked);
    } finally {
      this.loops.delete(rolloutId);
    }
  }
}

class Waking implements RolloutLoop {
  isAsked = false;
  private end: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  wake(): void {
    this.isAsked = true;
    this.end?.();
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    this.end = () => over.abort();
    if (this.isAsked || signal.aborted) over.abort();
    signal.addEventListener('abort', this.end);
    await this.clock.sleep(milliseconds, over.signal);
    signal.removeEventListener('abort', this.end);
    this.end = undefined;
    // Whoever looks next sees all that was asked until now.
    this.isAsked = false;
  }
}
