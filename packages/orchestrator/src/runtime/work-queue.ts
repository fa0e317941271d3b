import type { Clock } from './clock.js';

/** Keys waiting for work. A key is never worked on twice at once, and never waits twice. */
export interface WorkQueue {
  /** Now; if the key is being worked on, once more afterwards. */
  add(key: string): void;
  /** In `ms`, in place of an earlier such appointment; `add` still comes first. */
  addAfter(key: string, ms: number): void;
  /** The next key to work on, or undefined; must be answered by `done`. */
  take(): string | undefined;
  done(key: string): void;
  /** Forgets the key's appointment. */
  cancel(key: string): void;
  readonly length: number;
  readonly working: number;
  /** Called whenever `take` may have something to give. */
  onReady(callback: () => void): void;
  stop(): void;
}

export function createWorkQueue(clock: Clock): WorkQueue {
  const ready = new Set<string>();
  const working = new Set<string>();
  const again = new Set<string>();
  const appointments = new Map<string, () => void>();
  let notify: () => void = () => undefined;
  let stopped = false;

  const add = (key: string) => {
    if (stopped) return;
    if (working.has(key)) {
      again.add(key);
      return;
    }
    ready.add(key);
    notify();
  };
  const cancel = (key: string) => {
    appointments.get(key)?.();
    appointments.delete(key);
  };

  return {
    add,
    addAfter: (key, ms) => {
      if (stopped) return;
      cancel(key);
      const stop = clock.after(ms, () => {
        appointments.delete(key);
        add(key);
      });
      appointments.set(key, stop);
    },
    take: () => {
      const [key] = ready;
      if (key === undefined) return undefined;
      ready.delete(key);
      working.add(key);
      return key;
    },
    done: (key) => {
      working.delete(key);
      if (again.delete(key)) add(key);
    },
    cancel,
    get length() {
      return ready.size;
    },
    get working() {
      return working.size;
    },
    onReady: (callback) => {
      notify = callback;
    },
    stop: () => {
      stopped = true;
      ready.clear();
      again.clear();
      for (const key of [...appointments.keys()]) cancel(key);
    },
  };
}
