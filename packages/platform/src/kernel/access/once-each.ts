import { BoundedMap } from './bounded-map.js';

/** Lets what comes again and again through once in a period, by its key. */
export class OnceEach {
  private readonly passedAt: BoundedMap<number>;

  /** `now` in milliseconds. */
  constructor(
    private readonly periodMilliseconds: number,
    mostKeys: number,
    private readonly now: () => number,
  ) {
    this.passedAt = new BoundedMap(mostKeys);
  }

  /** Whether it is time for this one; if so, not again before the period is over. */
  take(key: string): boolean {
    const now = this.now();
    const before = this.passedAt.get(key);
    if (before !== undefined && now - before < this.periodMilliseconds) return false;
    this.passedAt.set(key, now);
    return true;
  }
}
