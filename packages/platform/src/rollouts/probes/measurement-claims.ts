import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock/clock.js';
import { newId } from '../../kernel/ids/ids.js';
import { Redis } from '../../kernel/redis/redis.js';

/** How long after the death of its worker a measurement is another's. */
const leaseMilliseconds = 10_000;
const renewMilliseconds = 3_000;
/** For what was measured to be written down; from then on the next measurement has another name. */
const writingMilliseconds = 30_000;

const extend =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0";
const remove = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

/** Where two workers are at one rollout for a while, each of its measurements is taken by one of them. */
@Injectable()
export class MeasurementClaims {
  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
  ) {}

  /** Does the work unless another worker is at it, or Redis cannot say: then undefined, and the next look asks again. */
  async once<T>(measurement: string, work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    const [key, holder] = [`slipway:measurement:${measurement}`, newId()];
    const { commands } = this.redis;
    const taken = await commands.set(key, holder, 'PX', leaseMilliseconds, 'NX').catch(() => null);
    if (taken === null) return undefined;
    const done = new AbortController();
    const keeping = this.keep(key, holder, done.signal);
    try {
      return await work();
    } finally {
      done.abort();
      await keeping;
      // Who ends before it was measured leaves it to the next worker at once.
      const left = signal.aborted
        ? commands.eval(remove, 1, key, holder)
        : commands.eval(extend, 1, key, holder, writingMilliseconds);
      await left.catch(() => undefined);
    }
  }

  private async keep(key: string, holder: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.clock.sleep(renewMilliseconds, signal);
      if (signal.aborted) return;
      await this.redis.commands.eval(extend, 1, key, holder, leaseMilliseconds).catch(() => undefined);
    }
  }
}
