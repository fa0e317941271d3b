export interface ArchiveEntry {
  readonly name: string;
  readonly type: string | null | undefined;
  readonly linkname?: string | null;
  readonly size?: number;
  readonly pax?: unknown;
}

export const archiveLimits = {
  bytes: 512 * 2 ** 20,
  unpackedBytes: 4 * 2 ** 30,
  entries: 200_000,
  /** Text shrinks by ten, logs by fifty; what shrinks by more was made for it. Small archives may be anything. */
  ratio: 200,
  smallBytes: 64 * 2 ** 20,
} as const;

/** Whether so much out of so few bytes was made to fill a disk. */
export const isBomb = (unpackedBytes: number, packedBytes: number): boolean =>
  unpackedBytes > archiveLimits.unpackedBytes ||
  (unpackedBytes > archiveLimits.smallBytes && unpackedBytes > packedBytes * archiveLimits.ratio);

/** Why an entry may not be unpacked, or undefined. Links may point anywhere inside the archive, not out of it. */
export function refuseEntry(entry: ArchiveEntry): string | undefined {
  const { name, type } = entry;
  if (name.includes('\0') || name.length > 4096) return `The name of an entry is malformed.`;
  if (leaves(name)) return `"${name}" leads out of the archive.`;
  if (type === 'symlink' && entry.linkname && leaves(entry.linkname, folderOf(name)))
    return `The link "${name}" leads out of the archive.`;
  if (type === 'link' && entry.linkname && leaves(entry.linkname))
    return `The link "${name}" leads out of the archive.`;
  if (Object.keys(Object(entry.pax)).some((key) => key.startsWith('GNU.sparse')))
    return `"${name}" is a sparse file: pack it without --sparse.`;
  // GNU's own sparse files, volumes and the like come without a type.
  if (!kinds.some((kind) => kind === type))
    return `"${name}" is ${type ? `a ${type}` : 'of an unknown type'}: only files, folders and links can be built.`;
  return undefined;
}

/**
 * Why the links of an archive may not be unpacked together: each may stay inside while two of them lead out, and what is
 * unpacked through a link lands where the link points. `names` are those of all entries, and what hard links name.
 */
export function refuseLinks(links: ReadonlyMap<string, string>, names: Iterable<string>): string | undefined {
  const symlinks = new Map([...links].map(([name, target]) => [normal(name), target]));
  for (const name of names) {
    const link = passes('', name).find((one) => symlinks.has(one));
    if (link !== undefined) return `"${name}" is to be unpacked through the link "${link}".`;
  }
  for (const [name, target] of symlinks) {
    const through = passes(folderOf(name), target).find((one) => symlinks.has(one));
    if (through !== undefined) return `The link "${name}" leads on from the link "${through}".`;
  }
  return undefined;
}

const kinds = ['file', 'contiguous-file', 'directory', 'symlink', 'link', 'pax-header', 'pax-global-header'] as const;

/** `./a//b/../c/` as `a/c`. */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** The folders that a path goes through, `..` and all: with a link among them, it leads elsewhere than it seems. */
function passes(folder: string, target: string): string[] {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  return parts.slice(1).map((_, index) => normal(`${folder}/${parts.slice(0, index + 1).join('/')}`));
}

const folderOf = (name: string): string => name.split('/').slice(0, -1).join('/');

function leaves(path: string, from = ''): boolean {
  if (path.startsWith('/')) return true;
  let depth = from.split('/').filter((part) => part !== '' && part !== '.').length;
  for (const part of path.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}
