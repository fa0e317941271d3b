/** One line of a CRI log file: `2026-01-01T00:00:00.123456789Z stdout F text`, or P for a part of a longer line. */
export interface LogEntry {
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  readonly partial: boolean;
  readonly text: Buffer;
}

const space = 0x20;

/** Undefined for what is no CRI log line (a torn write). `line` is without its line feed. */
export function parseLogLine(line: Buffer): LogEntry | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 1 || second < 0) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const tag = line.toString('latin1', second + 1, third < 0 ? line.length : third).split(':')[0];
  return {
    time: line.toString('latin1', 0, first),
    stream,
    partial: tag === 'P',
    text: third < 0 ? Buffer.alloc(0) : line.subarray(third + 1),
  };
}
