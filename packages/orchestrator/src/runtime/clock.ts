/** Time, timers and chance, so that tests own them. Times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls back once after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 ≤ n < 1. */
  random(): number;
}

/** setTimeout fires at once for anything longer. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = createClock({
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), longestTimerMs));
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
});

/** Completes a clock by `sleep`. */
export function createClock(parts: Omit<Clock, 'sleep'>): Clock {
  return {
    ...parts,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          cancel();
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const cancel = parts.after(ms, done);
        signal?.addEventListener('abort', done, { once: true });
      }),
  };
}

export interface FakeClock extends Clock {
  /** Moves time on, firing what falls due in order and letting what it woke run before the next. */
  advance(ms: number): Promise<void>;
}

/** A clock that stands still until `advance` is called. */
export function createFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  let seed = 1;
  const timers = new Set<{ at: number; callback: () => void }>();
  const clock = createClock({
    now: () => now,
    after: (ms, callback) => {
      const timer = { at: now + Math.max(ms, 0), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    random: () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    },
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    ...clock,
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        timers.delete(due);
        now = Math.max(now, due.at);
        due.callback();
        await settle();
      }
      now = until;
      await settle();
    },
  };
}

/** Kubernetes' `Time`: RFC 3339 in whole seconds. */
export const toTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
/** Kubernetes' `MicroTime`, which leases need. */
export const toMicroTime = (ms: number): string => new Date(ms).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z');
/** Milliseconds of either form; undefined for what is absent or no time. */
export function fromTime(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
