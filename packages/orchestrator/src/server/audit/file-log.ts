import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

export interface FileLogOptions {
  /** `-`: standard output, without rotation. */
  path: string;
  /** A file that would grow beyond this is put aside. */
  maxSizeBytes: number;
  /** How many files that were put aside are kept, and for how long; 0: without limit. */
  maxBackups: number;
  maxAgeDays: number;
  onError(error: unknown): void;
}

export interface FileLog {
  /** Appends lines; resolves when the file has taken them. Rejects when it cannot be written. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

const dayMilliseconds = 24 * 3600 * 1000;

/** A file of lines that is put aside when it is full. One caller at a time. */
export function openFileLog(options: FileLogOptions): FileLog {
  const { path } = options;
  let stream: WriteStream | undefined;
  let size = 0;

  async function open(): Promise<WriteStream> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    const made = createWriteStream(path, { flags: 'a', mode: 0o600 });
    made.on('error', options.onError);
    return made;
  }

  async function rotate(): Promise<void> {
    await end();
    const extension = extname(path);
    const stem = basename(path, extension);
    const time = new Date().toISOString().slice(0, -1).replaceAll(':', '-');
    await rename(path, join(dirname(path), `${stem}-${time}${extension}`));
    await prune(stem, extension);
  }

  async function prune(stem: string, extension: string): Promise<void> {
    const shape = new RegExp(`^${quoted(stem)}-\\d{4}-\\d{2}-\\d{2}T[\\d.-]+${quoted(extension)}$`);
    const aside = (await readdir(dirname(path))).filter((each) => shape.test(each)).sort();
    const surplus = options.maxBackups > 0 ? aside.slice(0, Math.max(0, aside.length - options.maxBackups)) : [];
    const oldest = Date.now() - options.maxAgeDays * dayMilliseconds;
    for (const name of aside) {
      const file = join(dirname(path), name);
      const isOld = options.maxAgeDays > 0 && (await stat(file)).mtimeMs < oldest;
      if (isOld || surplus.includes(name)) await rm(file, { force: true });
    }
  }

  async function end(): Promise<void> {
    const ending = stream;
    stream = undefined;
    if (ending && !ending.destroyed) await new Promise<void>((resolve) => ending.end(() => resolve()));
  }

  return {
    append: async (text) => {
      if (path === '-') {
        process.stdout.write(text);
        return;
      }
      if (stream?.destroyed) stream = undefined;
      stream ??= await open();
      const bytes = Buffer.byteLength(text);
      if (size > 0 && size + bytes > options.maxSizeBytes) {
        await rotate();
        stream = await open();
      }
      size += bytes;
      const target = stream;
      await new Promise<void>((resolve, reject) => target.write(text, (error) => (error ? reject(error) : resolve())));
    },
    close: end,
  };
}

const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
