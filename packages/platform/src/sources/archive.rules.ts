export interface ArchiveEntry {
  readonly name: string;
  readonly type: string | null | undefined;
  readonly linkname?: string | null;
  readonly size?: number;
}

export const archiveLimits = { bytes: 512 * 2 ** 20, unpackedBytes: 4 * 2 ** 30, entries: 200_000 } as const;

/** Why an entry may not be unpacked, or undefined. Links may point anywhere inside the archive, not out of it. */
export function refuseEntry(entry: ArchiveEntry): string | undefined {
  const { name, type } = entry;
  if (name.includes('\0') || name.length > 4096) return `The name of an entry is malformed.`;
  if (leaves(name)) return `"${name}" leads out of the archive.`;
  if (type === 'symlink' && entry.linkname && leaves(entry.linkname, folderOf(name)))
    return `The link "${name}" leads out of the archive.`;
  if (type === 'link' && entry.linkname && leaves(entry.linkname))
    return `The link "${name}" leads out of the archive.`;
  if (type === 'character-device' || type === 'block-device' || type === 'fifo')
    return `"${name}" is a ${type}: only files, folders and links can be built.`;
  return undefined;
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
