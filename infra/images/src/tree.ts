import { createReadStream, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Header, pack } from 'tar-stream';

/** One entry of a layer. Paths have no leading slash; owners are root unless told; times are always the epoch. */
export type Entry = { readonly path: string; readonly mode?: number; readonly uid?: number; readonly gid?: number } & (
  | { readonly type: 'directory' }
  | { readonly type: 'file'; readonly content: string | Buffer }
  | { readonly type: 'copy'; readonly from: string }
  | { readonly type: 'link'; readonly target: string }
);

/** The entries as a tar, the same bytes for the same entries. */
export function packTree(entries: readonly Entry[]): Readable {
  const tar = pack();
  const write = async () => {
    for (const entry of entries) await writeEntry(tar, entry);
    tar.finalize();
  };
  write().catch((error) => tar.destroy(error));
  return Readable.from(tar);
}

/** Everything below a directory of this machine, sorted, as entries below `path`; `skip` is asked with paths inside. */
export function listTree(from: string, path: string, skip: (inside: string) => boolean = () => false): Entry[] {
  const walk = (inside: string): Entry[] => {
    const source = join(from, inside);
    const stat = lstatSync(source);
    const target = join(path, inside);
    if (stat.isSymbolicLink()) return [{ type: 'link', path: target, target: readlinkSync(source) }];
    if (stat.isFile()) return [{ type: 'copy', path: target, from: source, mode: stat.mode & 0o755 }];
    if (!stat.isDirectory()) return [];
    const names = readdirSync(source).sort();
    const below = names.map((name) => join(inside, name)).filter((name) => !skip(name));
    return [{ type: 'directory', path: target }, ...below.flatMap(walk)];
  };
  return walk('');
}

async function writeEntry(tar: ReturnType<typeof pack>, entry: Entry): Promise<void> {
  const { path, mode, uid = 0, gid = 0 } = entry;
  const header: Partial<Header> & { name: string } = { name: path, uid, gid, mtime: new Date(0), mode: mode ?? 0o644 };
  switch (entry.type) {
    case 'directory':
      return put(tar, { ...header, name: `${path}/`, type: 'directory', mode: mode ?? 0o755 });
    case 'link':
      return put(tar, { ...header, type: 'symlink', linkname: entry.target, mode: 0o777 });
    case 'file':
      return put(tar, header, Buffer.from(entry.content));
    case 'copy': {
      const { size } = lstatSync(entry.from);
      // Small files are most of a tree: one read is cheaper than a stream.
      if (size < 1024 * 1024) return put(tar, header, readFileSync(entry.from));
      return pipeline(createReadStream(entry.from), tar.entry({ ...header, size }));
    }
  }
}

function put(
  tar: ReturnType<typeof pack>,
  header: Partial<Header> & { name: string },
  content = Buffer.alloc(0),
): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ ...header, size: content.length }, content, (error) => (error ? reject(error) : resolve()));
  });
}
