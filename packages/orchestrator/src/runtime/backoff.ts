import type { Clock } from './clock.js';

export interface Backoff {
  /** The next pause in milliseconds; grows with every call. */
  next(): number;
  reset(): void;
}

/** Doubles from `firstMs` to `mostMs`, each pause spread evenly over its upper half so that many do not retry in step. */
export function createBackoff(clock: Pick<Clock, 'random'>, firstMs: number, mostMs: number): Backoff {
  let failures = 0;
  return {
    next: () => backoffMs(failures++, clock.random(), firstMs, mostMs),
    reset: () => {
      failures = 0;
    },
  };
}

/** The pause after `failures` earlier ones: min(most, first × 2^failures) × (0.5 … 1). */
export function backoffMs(failures: number, random: number, firstMs: number, mostMs: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures, 30)) * (0.5 + random / 2);
}
