import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { fail } from '../errors/kernel.errors.js';
import { Redis } from '../redis/redis.js';
import type { Response } from './route.js';

const windowSeconds = 60;
const quota = 3_000;

/** Counts requests of an actor in windows of a minute. While Redis is away nothing is counted and nobody refused. */
@Injectable()
export class RateLimit {
  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
  ) {}

  /** Sets RateLimit and RateLimit-Policy; throws 429 beyond the quota. */
  async count(who: string, response: Response): Promise<void> {
    const { count, reset } = await this.increment(`requests:${who}`, windowSeconds);
    response.setHeader('RateLimit-Policy', `"default";q=${quota};w=${windowSeconds}`);
    response.setHeader('RateLimit', `"default";r=${Math.max(0, quota - count)};t=${reset}`);
    if (count > quota) throw fail('too-many-requests', { retryAfterSeconds: reset });
  }

  /** Throws 429 when `who` did this more than `limit` times in `seconds`: for doors that must be narrower. */
  async restrict(who: string, limit: number, seconds: number): Promise<void> {
    const { count, reset } = await this.increment(`restricted:${who}`, seconds);
    if (count > limit) throw fail('too-many-requests', { retryAfterSeconds: reset });
  }

  private async increment(who: string, seconds: number): Promise<{ count: number; reset: number }> {
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const window = Math.floor(now / seconds);
    const key = `slipway:rate:${who}:${window}`;
    const reset = (window + 1) * seconds - now;
    try {
      const [count] = await this.redis.commands.multi().incr(key).expire(key, seconds).exec().then(toCounts);
      return { count: count ?? 0, reset };
    } catch {
      return { count: 0, reset };
    }
  }
}

function toCounts(results: [Error | null, unknown][] | null): number[] {
  return (results ?? []).map(([, value]) => (typeof value === 'number' ? value : 0));
}
