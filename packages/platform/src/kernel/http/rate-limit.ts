import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { CONFIG, type Configuration } from '../config/config.js';
import { fail } from '../errors/kernel.errors.js';
import { Redis } from '../redis/redis.js';
import type { Response } from './route.js';
import { Turns, whoAsks } from './turns.js';

/** What is counted: `client` a token, a session or, for who has none, an address; `tenant` all that ask about one tenant. */
type Bucket = 'client' | 'tenant';

/** A full bucket lets so much through at once as flows in during this time. */
const burstSeconds = 5;
const windowSeconds = 60;

/**
 * Takes one from a bucket that fills with time: KEYS[1], ARGV: capacity, refill a second, now in seconds. Gives whether there
 * was one, what is left, and the seconds until there is one again (or the bucket is full).
 */
const takeScript = `
  local capacity, rate, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local state = redis.call('HMGET', KEYS[1], 'left', 'at')
  local left, at = tonumber(state[1]) or capacity, tonumber(state[2]) or now
  if now > at then left = math.min(capacity, left + (now - at) * rate) else now = at end
  local taken = left >= 1
  if taken then left = left - 1 end
  redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', tostring(now))
  redis.call('EXPIRE', KEYS[1], math.ceil(capacity / rate) + 1)
  local wait = taken and (capacity - left) / rate or (1 - left) / rate
  return { taken and 1 or 0, math.floor(left), math.ceil(wait) }`;

/**
 * Token buckets in Redis, so that all API processes count together: one a client and one a tenant, so that neither a token nor
 * a tenant takes what the others need. While Redis is away nothing is counted and nobody refused.
 */
@Injectable()
export class RateLimit {
  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    private readonly turns: Turns,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'clientRequestsPerMinute' | 'tenantRequestsPerMinute'>,
  ) {}

  /** Sets RateLimit and RateLimit-Policy; throws 429 when the bucket is empty. */
  async count(bucket: Bucket, who: string, response: Response): Promise<void> {
    const quota = bucket === 'tenant' ? this.config.tenantRequestsPerMinute : this.config.clientRequestsPerMinute;
    const { isTaken, left, seconds } = await this.take(`${bucket}:${who}`, quota);
    append(response, 'RateLimit-Policy', `"${bucket}";q=${quota};w=${windowSeconds}`);
    append(response, 'RateLimit', `"${bucket}";r=${left};t=${seconds}`);
    if (isTaken) return;
    if (bucket === 'client') this.turns.rest(whoAsks(response.req));
    const whose = bucket === 'tenant' ? 'the whole tenant' : 'this token';
    throw fail('too-many-requests', { detail: `At most ${quota} a minute for ${whose}.`, retryAfterSeconds: seconds });
  }

  /** Throws 429 when `who` did this more than `limit` times in `seconds`: for doors that must be narrower. */
  async restrict(who: string, limit: number, seconds: number): Promise<void> {
    const { count, reset } = await this.increment(`restricted:${who}`, seconds);
    if (count > limit) throw fail('too-many-requests', { retryAfterSeconds: reset });
  }

  private async take(who: string, quota: number): Promise<{ isTaken: boolean; left: number; seconds: number }> {
    const rate = quota / windowSeconds;
    const capacity = Math.max(1, Math.floor(rate * burstSeconds));
    try {
      const now = this.clock.now().getTime() / 1000;
      const answer: unknown = await this.redis.commands.eval(takeScript, 1, `slipway:rate:${who}`, capacity, rate, now);
      const [taken, left, seconds] = Array.isArray(answer) ? answer.map(Number) : [];
      return { isTaken: taken !== 0, left: left ?? capacity, seconds: Math.max(1, seconds ?? 1) };
    } catch {
      return { isTaken: true, left: capacity, seconds: 1 };
    }
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

function append(response: Response, name: string, item: string): void {
  const before = response.getHeader(name);
  response.setHeader(name, before === undefined ? item : `${String(before)}, ${item}`);
}

function toCounts(results: [Error | null, unknown][] | null): number[] {
  return (results ?? []).map(([, value]) => (typeof value === 'number' ? value : 0));
}
