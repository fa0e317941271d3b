import { isPacked, packGzip, type TarEntry } from '@/lib/pack-tar';

export interface Archive {
  readonly name: string;
  readonly blob: Blob;
  /** Of a folder packed here. */
  readonly fileCount?: number;
}

const isArchive = (name: string): boolean => /\.(tar\.gz|tgz)$/i.test(name);

/** What was chosen or dropped as one gzipped tar: an archive as it is, or a folder packed here. Undefined when it is neither. */
export async function toArchive(files: readonly { path: string; file: File }[]): Promise<Archive | undefined> {
  const [first] = files;
  if (!first) return undefined;
  if (files.length === 1 && isArchive(first.file.name)) return { name: first.file.name, blob: first.file };
  if (!files.every(({ path }) => path.includes('/')) && !files.some(({ path }) => path === 'Dockerfile'))
    return undefined;
  // The chosen folder itself is not part of the archive.
  const root = first.path.includes('/') ? `${first.path.split('/')[0]}/` : '';
  const inFolder = root !== '' && files.every(({ path }) => path.startsWith(root));
  const entries = files
    .map(
      ({ path, file }): TarEntry => ({
        path: inFolder ? path.slice(root.length) : path,
        size: file.size,
        modifiedAt: file.lastModified,
        isExecutable: path.endsWith('.sh'),
        content: async () => new Uint8Array(await file.arrayBuffer()),
      }),
    )
    .filter((entry) => isPacked(entry.path))
    .sort((left, right) => left.path.localeCompare(right.path));
  return { name: inFolder ? root.slice(0, -1) : 'files', blob: await packGzip(entries), fileCount: entries.length };
}

/** All files of a drop, folders walked through. The entries must be taken from the event before anything is awaited. */
export async function readDrop(items: DataTransferItemList): Promise<readonly { path: string; file: File }[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return (await Promise.all(entries.map(readEntry))).flat();
}

async function readEntry(entry: FileSystemEntry): Promise<readonly { path: string; file: File }[]> {
  if (!isPacked(entry.name)) return [];
  if (entry instanceof FileSystemFileEntry) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  if (!(entry instanceof FileSystemDirectoryEntry)) return [];
  const reader = entry.createReader();
  const found: FileSystemEntry[] = [];
  // A reader gives at most a hundred entries at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(readEntry))).flat();
}
