'use client';
import { useEffect, useRef, useState } from 'react';
import type { LiveState } from '@/ui/live-badge';
import type { LogLine } from '@/ui/log-view';
import { useEventStream } from './use-event-stream';

const keptLines = 5000;
const paintMilliseconds = 100;

/** The last lines of a log stream, painted at most ten times a second. `parse` reads one event's data. */
export function useLogLines(
  path: string | undefined,
  parse: (data: unknown) => Omit<LogLine, 'key'>,
): { lines: readonly LogLine[]; state: LiveState } {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const pending = useRef<LogLine[]>([]);
  const counter = useRef(0);
  const isRestart = useRef(false);

  const state = useEventStream(
    path,
    ['line'],
    ({ data }) => {
      counter.current += 1;
      pending.current.push({ ...parse(JSON.parse(data)), key: counter.current });
    },
    // A stream that begins again tells its tail again: what is shown gives way to it.
    (isResumed) => {
      if (isResumed) return;
      isRestart.current = true;
      pending.current = [];
    },
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another path is another log
  useEffect(() => {
    setLines([]);
    pending.current = [];
    const timer = setInterval(() => {
      if (pending.current.length === 0) return;
      const arrived = pending.current;
      const isFresh = isRestart.current;
      pending.current = [];
      isRestart.current = false;
      setLines((current) => [...(isFresh ? [] : current), ...arrived].slice(-keptLines));
    }, paintMilliseconds);
    return () => clearInterval(timer);
  }, [path]);
  return { lines, state };
}
