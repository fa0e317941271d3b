const listeners = new Set<(now: number) => void>();
let timer: NodeJS.Timeout | undefined;

/** Calls back about every second with performance.now(): one timer for all watches. Returns how to end it. */
export function everySecond(listener: (now: number) => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    const now = performance.now();
    for (const each of listeners) each(now);
  }, 1_000).unref();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
