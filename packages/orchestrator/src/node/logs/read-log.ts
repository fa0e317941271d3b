import { type FileHandle, open, stat } from 'node:fs/promises';
import { type LogEntry, parseLogLine } from './cri-log.js';

export interface LogReadOptions {
  readonly follow: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
  readonly timestamps: boolean;
  readonly limitBytes?: number;
  readonly signal: AbortSignal;
  /** While following: whether more can still come. */
  readonly isLive: () => Promise<boolean>;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const chunkBytes = 64 << 10;
const pollMs = 100;

/**
 * A container's output, oldest first, with partial lines joined. Following goes on across rotations and ends when the
 * container does.
 */
export async function* readLog(path: string, options: LogReadOptions): AsyncGenerator<Buffer> {
  let file = await openIfThere(path, options);
  if (!file) return;
  try {
    let position = options.tailLines === undefined ? 0 : await positionOfTail(file, options.tailLines);
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    // The last lines are those at the time of asking: a container that goes on writing adds none.
    let linesLeft = options.follow ? Number.POSITIVE_INFINITY : (options.tailLines ?? Number.POSITIVE_INFINITY);
    let rest: Buffer = Buffer.alloc(0);
    let inPartial = false;
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
      if (bytesRead > 0) {
        position += bytesRead;
        const data = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
        const parts: Buffer[] = [];
        let start = 0;
        for (let end = data.indexOf(10, start); end >= 0 && linesLeft > 0; end = data.indexOf(10, start)) {
          const entry = parseLogLine(data.subarray(start, end));
          start = end + 1;
          if (entry?.partial === false) linesLeft -= 1;
          if (!entry || isBefore(entry, options.sinceMs)) continue;
          if (options.timestamps && !inPartial) parts.push(Buffer.from(`${entry.time} `));
          parts.push(entry.text);
          if (!entry.partial) parts.push(Buffer.from('\n'));
          inPartial = entry.partial;
        }
        rest = Buffer.from(data.subarray(start));
        const out = Buffer.concat(parts);
        if (out.length > 0) yield out.subarray(0, left);
        left -= out.length;
        if (left <= 0 || linesLeft <= 0) return;
        continue;
      }
      if (!options.follow || options.signal.aborted) return;
      const live = await options.isLive();
      const now = await stat(path).catch(() => undefined);
      const own = await file.stat();
      if (now && now.ino !== own.ino) {
        await file.close();
        file = await open(path, 'r');
        position = 0;
        continue;
      }
      if (!live && own.size <= position) return;
      if (live) await options.pause(pollMs, options.signal);
    }
  } finally {
    await file.close();
  }
}

/** The last lines as text, for a termination message. */
export async function readLogTail(path: string, lines: number, bytes: number): Promise<string> {
  const parts: Buffer[] = [];
  const signal = new AbortController().signal;
  const options = { follow: false, tailLines: lines, timestamps: false, signal };
  const quiet = { isLive: () => Promise.resolve(false), pause: () => Promise.resolve() };
  for await (const part of readLog(path, { ...options, ...quiet })) parts.push(part);
  return Buffer.concat(parts).subarray(-bytes).toString('utf8');
}

/** A container that was just created may not have opened its log yet. */
async function openIfThere(path: string, options: LogReadOptions): Promise<FileHandle | undefined> {
  for (;;) {
    const file = await open(path, 'r').catch(() => undefined);
    if (file || !options.follow || options.signal.aborted || !(await options.isLive())) return file;
    await options.pause(pollMs, options.signal);
  }
}

function isBefore(entry: LogEntry, sinceMs: number | undefined): boolean {
  return sinceMs !== undefined && Date.parse(entry.time) < sinceMs;
}

/** Walks back from the end until `lines` complete lines are behind it; parts of one line count once. */
async function positionOfTail(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines <= 0) return size;
  let end = size;
  let count = 0;
  let carry: Buffer = Buffer.alloc(0);
  while (end > 0) {
    const start = Math.max(0, end - chunkBytes);
    const chunk = Buffer.alloc(end - start);
    await file.read(chunk, 0, chunk.length, start);
    const data = Buffer.concat([chunk, carry]);
    let lineEnd = data.length;
    // The line feed at the very end closes the last line rather than opening another.
    for (let at = data.lastIndexOf(10, lineEnd - 1); at >= 0; at = at === 0 ? -1 : data.lastIndexOf(10, at - 1)) {
      const line = data.subarray(at + 1, lineEnd);
      if (line.length > 0) {
        if (parseLogLine(line)?.partial === false || start + lineEnd >= size) count += 1;
        if (count > lines) return start + lineEnd + 1;
      }
      lineEnd = at;
    }
    carry = Buffer.from(data.subarray(0, lineEnd));
    if (start === 0) {
      if (parseLogLine(carry)?.partial === false) count += 1;
      return count > lines ? lineEnd + 1 : 0;
    }
    end = start;
  }
  return 0;
}
