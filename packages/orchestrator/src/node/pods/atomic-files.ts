import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface VolumeFile {
  readonly content: Buffer;
  readonly mode: number;
}

/**
 * Writes a volume's files so that a reader sees either all old or all new ones, upstream's way: the files lie in a
 * time-stamped directory, `..data` points to it, and each name in the volume is a link through `..data`.
 *
 * @returns whether anything changed
 */
export async function writeAtomically(
  directory: string,
  files: ReadonlyMap<string, VolumeFile>,
  group: number | undefined,
  nowMs: number,
): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const link = join(directory, '..data');
  const old = await readlink(link).catch(() => undefined);
  if (old !== undefined && (await holds(join(directory, old), files))) return false;

  const stamp = `..${new Date(nowMs).toISOString().replaceAll(/[-:T.Z]/g, '_')}${nowMs % 1000}${process.hrtime.bigint() % 100000n}`;
  const target = join(directory, stamp);
  await mkdir(target, { mode: 0o755 });
  for (const [path, file] of files) {
    const full = join(target, path);
    await mkdir(dirname(full), { recursive: true, mode: 0o755 });
    await writeFile(full, file.content);
    // The group of the pod must be able to read what its user may not own.
    await chmod(full, group === undefined ? file.mode : file.mode | 0o440);
    if (group !== undefined) await chown(full, 0, group);
  }
  const fresh = join(directory, '..data_tmp');
  await rm(fresh, { force: true });
  await symlink(stamp, fresh);
  await rename(fresh, link);

  const names = new Set([...files.keys()].map((path) => path.split('/')[0]!));
  for (const name of names) {
    const visible = join(directory, name);
    const present = await lstat(visible).catch(() => undefined);
    if (!present) await symlink(join('..data', name), visible);
  }
  for (const name of await readdir(directory)) {
    if (!name.startsWith('..') && !names.has(name)) await rm(join(directory, name), { recursive: true, force: true });
    if (name.startsWith('..2') && name !== stamp) await rm(join(directory, name), { recursive: true, force: true });
  }
  return true;
}

async function holds(directory: string, files: ReadonlyMap<string, VolumeFile>): Promise<boolean> {
  const present = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  if (present.filter((entry) => !entry.isDirectory()).length !== files.size) return false;
  for (const [path, file] of files) {
    const content = await readFile(join(directory, path)).catch(() => undefined);
    if (!content?.equals(file.content)) return false;
  }
  return true;
}
