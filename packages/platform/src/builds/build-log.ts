import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One line of a build's log. `slipway`: written by us, not by the build. */
export interface LogLine {
  readonly at: string;
  readonly stream: 'output' | 'slipway';
  readonly text: string;
}

export const buildLogPath = (uploadsDir: string, buildId: string): string =>
  join(uploadsDir, 'builds', `${buildId}.log`);

/** Lines a user never needs to see whole, and a limit so that a build cannot fill the disk. */
const longestLine = 8_192;
const largestLogBytes = 64 * 2 ** 20;

/** Appends JSON lines; what was written before a restart stays, so a follower sees each line once. */
export class BuildLogWriter {
  private written = 0;

  private constructor(
    private readonly file: WriteStream,
    /** Lines of the build itself that are in the log already. */
    readonly outputLines: number,
  ) {}

  static async open(path: string): Promise<BuildLogWriter> {
    await mkdir(join(path, '..'), { recursive: true });
    let outputLines = 0;
    for await (const line of readLog(path)) if (line.stream === 'output') outputLines += 1;
    return new BuildLogWriter(createWriteStream(path, { flags: 'a', mode: 0o600 }), outputLines);
  }

  async write(line: LogLine): Promise<void> {
    if (this.written > largestLogBytes) return;
    const text = line.text.length > longestLine ? `${line.text.slice(0, longestLine)}…` : line.text;
    const json = `${JSON.stringify({ ...line, text })}\n`;
    this.written += json.length;
    if (!this.file.write(json)) await once(this.file, 'drain');
  }

  async close(): Promise<void> {
    this.file.end();
    if (!this.file.closed) await once(this.file, 'close');
  }
}

/** The lines that are there; none when there is no file yet. */
export async function* readLog(path: string): AsyncGenerator<LogLine> {
  const file = createReadStream(path);
  try {
    for await (const line of createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY })) {
      const parsed = parseLine(line);
      if (parsed) yield parsed;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  } finally {
    file.destroy();
  }
}

/** The lines that are there and those that come, until `isOver` answers true and everything was read. */
export async function* followLog(
  path: string,
  isOver: () => Promise<boolean>,
  sleep: () => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let offset = 0;
  let rest = '';
  while (!signal.aborted) {
    const over = await isOver();
    for (;;) {
      const chunk = await readChunk(path, offset);
      if (chunk.length === 0) break;
      offset += chunk.length;
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const parsed = parseLine(Buffer.from(line, 'latin1').toString('utf8'));
        if (parsed) yield parsed;
      }
    }
    if (over) return;
    await sleep();
  }
}

async function readChunk(path: string, offset: number): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw error;
  }
}

/** A line that was cut off by a crash is no line. */
function parseLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
