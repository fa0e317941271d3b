/** So many refusals of one actor are noted in one minute, by each process. */
const mostInMinute = 20;
const minute = 60_000;
const mostActors = 10_000;

interface Window {
  readonly began: number;
  noted: number;
  /** Not noted in this window. */
  unrecorded: number;
}

/**
 * Lets a flood of refusals not fill the log: of each actor the first ones of a minute are noted; how many were not is told with the next
 * one that is.
 */
export class RefusalSampler {
  private readonly windows = new Map<string, Window>();

  /** `now` in milliseconds. */
  constructor(private readonly now: () => number) {}

  /** Undefined: leave this one out. */
  take(actorId: string): { readonly unrecorded: number } | undefined {
    const now = this.now();
    const kept = this.windows.get(actorId);
    if (kept && now - kept.began < minute) {
      if (kept.noted < mostInMinute) {
        kept.noted += 1;
        return { unrecorded: 0 };
      }
      kept.unrecorded += 1;
      return undefined;
    }
    this.windows.delete(actorId);
    // The oldest goes: a map keeps the order in which its entries were made.
    const [oldest] = this.windows.keys();
    if (this.windows.size >= mostActors && oldest !== undefined) this.windows.delete(oldest);
    this.windows.set(actorId, { began: now, noted: 1, unrecorded: 0 });
    return { unrecorded: kept?.unrecorded ?? 0 };
  }
}
