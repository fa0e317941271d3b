import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** The only door to the wall clock and to timers; tests pass another. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }

  /** Resolves after `milliseconds`, or at once when `signal` aborts. Never rejects. */
  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await delay(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
