'use client';
import { useLocale } from 'next-intl';
import { useEffect, useState } from 'react';
import { formatExact, formatRelative } from '../lib/format';

/** One clock for all relative times of the page. */
const listeners = new Set<(now: number) => void>();
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(): number | undefined {
  const [now, setNow] = useState<number>();
  useEffect(() => {
    setNow(Date.now());
    listeners.add(setNow);
    timer ??= setInterval(() => {
      const value = Date.now();
      for (const listener of listeners) listener(value);
    }, 1000);
    return () => {
      listeners.delete(setNow);
      if (listeners.size === 0 && timer) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return now;
}

/** A relative time with the exact one, in the viewer's zone, on hover. */
export function Time({ at }: { at: string | null | undefined }) {
  const locale = useLocale();
  const now = useNow();
  if (!at) return <span className="muted">–</span>;
  return (
    <time
      dateTime={at}
      title={now === undefined ? at : formatExact(at, locale)}
      className="nowrap"
      suppressHydrationWarning
    >
      {now === undefined ? at.slice(0, 16).replace('T', ' ') : formatRelative(at, now, locale)}
    </time>
  );
}
