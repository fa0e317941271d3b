import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const limitBytes = 20 * 1024 * 1024;
const keptFiles = 3;

/**
 * Keeps log files short. Processes hold their file open in append mode and outlive the supervisor, so a full file is
 * copied away and emptied in place; lines written in between are lost, a few at most.
 */
export function rotateLogs(home: string, limit = limitBytes): void {
  const directory = join(home, 'logs');
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.log'))) {
    const file = join(directory, name);
    if (statSync(file).size < limit) continue;
    for (let number = keptFiles - 1; number > 0; number--) {
      if (existsSync(`${file}.${number}`)) renameSync(`${file}.${number}`, `${file}.${number + 1}`);
    }
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  }
}

/** The supervisor's own log: one JSON object a line, as all of ours. */
export function openLog(home: string) {
  mkdirSync(join(home, 'logs'), { recursive: true });
  const file = join(home, 'logs', 'supervisor.log');
  return (level: 'info' | 'warn' | 'error', message: string, fields: object = {}) => {
    appendFileSync(file, `${JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg: message })}\n`);
  };
}

/** The last lines of a file. */
export async function tail(file: string, lines: number): Promise<string[]> {
  if (!existsSync(file)) return [];
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, 256 * 1024);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').split('\n').filter(Boolean).slice(-lines);
  } finally {
    await handle.close();
  }
}

/** Calls `write` with what is added to the files, until the signal aborts. */
export async function follow(
  files: readonly string[],
  write: (file: string, text: string) => void,
  signal: AbortSignal,
) {
  const offsets = new Map(files.map((file) => [file, existsSync(file) ? statSync(file).size : 0]));
  while (!signal.aborted) {
    for (const file of files) {
      if (!existsSync(file)) continue;
      const { size } = statSync(file);
      // Shorter than before: it was rotated.
      const from = Math.min(offsets.get(file) ?? 0, size) === (offsets.get(file) ?? 0) ? (offsets.get(file) ?? 0) : 0;
      if (size > from) {
        const handle = await open(file);
        const { buffer } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
        await handle.close();
        write(file, buffer.toString('utf8'));
      }
      offsets.set(file, size);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
