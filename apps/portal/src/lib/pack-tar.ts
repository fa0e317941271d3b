const block = 512;
const encoder = new TextEncoder();

export interface TarEntry {
  /** Relative, with `/`. */
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: number;
  readonly isExecutable?: boolean;
  readonly content: () => Promise<Uint8Array>;
}

/** Folders that a build never needs from a developer's disk. */
const skipped = new Set(['.git', 'node_modules', '.DS_Store', '__pycache__', '.venv', '.next']);

export const isPacked = (path: string): boolean => !path.split('/').some((part) => skipped.has(part));

/** A POSIX (ustar) archive of the entries, as a stream of bytes. */
export async function* packTar(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const content = await entry.content();
    yield toHeader(entry, content.length);
    yield content;
    const rest = content.length % block;
    if (rest > 0) yield new Uint8Array(block - rest);
  }
  yield new Uint8Array(2 * block);
}

/** The archive of `packTar`, gzipped by the browser. */
export async function packGzip(entries: readonly TarEntry[]): Promise<Blob> {
  const chunks = packTar(entries);
  const tar = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done) controller.close();
      else controller.enqueue(new Uint8Array(next.value));
    },
  });
  return new Response(tar.pipeThrough(new CompressionStream('gzip'))).blob();
}

function toHeader(entry: TarEntry, size: number): Uint8Array {
  const header = new Uint8Array(block);
  const put = (text: string, at: number, length: number) => header.set(encoder.encode(text).subarray(0, length), at);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  const { name, prefix } = splitPath(entry.path);
  put(name, 0, 100);
  put(octal(entry.isExecutable ? 0o755 : 0o644, 8), 100, 8);
  put(octal(0, 8), 108, 8);
  put(octal(0, 8), 116, 8);
  put(octal(size, 12), 124, 12);
  put(octal(Math.floor(entry.modifiedAt / 1000), 12), 136, 12);
  put('        ', 148, 8);
  put('0', 156, 1);
  put('ustar\u000000', 257, 8);
  put(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return header;
}

/** ustar keeps up to 100 bytes of a name and 155 of the folders before it. */
function splitPath(path: string): { name: string; prefix: string } {
  const bytes = (text: string) => encoder.encode(text).length;
  if (bytes(path) <= 100) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const name = path.slice(at + 1);
    const prefix = path.slice(0, at);
    if (bytes(name) <= 100 && bytes(prefix) <= 155) return { name, prefix };
  }
  throw new Error(`The path ${path} is too long for an archive: shorten it, or upload a tar.gz of your own.`);
}
