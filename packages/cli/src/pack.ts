import { createWriteStream } from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, normalize, posix, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import ignore, { type Ignore } from 'ignore';
import { type Pack, pack } from 'tar-stream';
import { isMissing } from './config.js';
import { CliError } from './errors.js';

export interface Archive {
  readonly file: string;
  readonly fileCount: number;
  readonly sizeBytes: number;
  /** Removes the archive. */
  dispose(): Promise<void>;
}

export interface Entry {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly type: 'file' | 'symlink';
  readonly isExecutable: boolean;
  readonly linkTarget?: string;
}

/** Rules of one folder; a deeper folder's rules win over those above it, and .slipwayignore over .gitignore. */
interface Rules {
  readonly folder: string;
  readonly ignore: Ignore;
}

const ignoreFiles = ['.gitignore', '.slipwayignore'];
const neverPacked = new Set(['.git', '.hg', '.svn', '.DS_Store']);

/**
 * Packs a folder as a gzipped tar in a temporary file. The same content gives the same bytes: sorted names, no owner, no times,
 * so that the platform recognises an archive it has.
 * @throws CliError `folder-missing`, `folder-empty`, `link-outside`
 */
export async function packFolder(folder: string): Promise<Archive> {
  const entries = await listEntries(folder);
  if (!entries.some((entry) => entry.type === 'file'))
    throw new CliError('folder-empty', `${folder} holds no file to deploy.`, {
      exit: 'usage',
      remedy: 'Name the folder with the Dockerfile, or look into its .gitignore and .slipwayignore.',
    });
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-'));
  const dispose = () => rm(scratch, { recursive: true, force: true });
  try {
    const file = join(scratch, 'source.tar.gz');
    const tar = pack();
    await Promise.all([
      addEntries(tar, folder, entries),
      pipeline(tar, createGzip(), createWriteStream(file, { mode: 0o600 })),
    ]);
    return { file, fileCount: entries.length, sizeBytes: (await stat(file)).size, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function addEntries(tar: Pack, folder: string, entries: readonly Entry[]): Promise<void> {
  try {
    for (const entry of entries) {
      const header = { name: entry.path, mode: entry.isExecutable ? 0o755 : 0o644, mtime: new Date(0), uid: 0, gid: 0 };
      if (entry.type === 'symlink')
        await addEntry(tar, { ...header, mode: 0o777, type: 'symlink', linkname: entry.linkTarget });
      else await addEntry(tar, { ...header, type: 'file' }, await readFile(join(folder, entry.path)));
    }
    tar.finalize();
  } catch (error) {
    tar.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

function addEntry(tar: Pack, header: Parameters<Pack['entry']>[0], content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (content) tar.entry(header, content, done);
    else tar.entry(header, done);
  });
}

/** What would be packed, in the order of the archive. */
export async function listEntries(folder: string): Promise<Entry[]> {
  const found = await stat(folder).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!found?.isDirectory()) throw new CliError('folder-missing', `There is no folder ${folder}.`, { exit: 'usage' });
  const entries: Entry[] = [];
  await visit(folder, folder, await rulesAbove(folder), entries);
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function visit(root: string, folder: string, inherited: readonly Rules[], entries: Entry[]): Promise<void> {
  const rules = [...inherited, ...(await rulesOf(folder))];
  for (const child of await readdir(folder, { withFileTypes: true })) {
    const absolute = join(folder, child.name);
    if (neverPacked.has(child.name) || isIgnored(absolute, child.isDirectory(), rules)) continue;
    const path = toPosix(relative(root, absolute));
    if (child.isDirectory()) await visit(root, absolute, rules, entries);
    else if (child.isSymbolicLink()) entries.push(await toLink(root, absolute, path));
    else if (child.isFile())
      entries.push({ path, type: 'file', isExecutable: ((await lstat(absolute)).mode & 0o111) !== 0 });
  }
}

async function toLink(root: string, absolute: string, path: string): Promise<Entry> {
  const linkTarget = await readlink(absolute);
  const leads = relative(root, normalize(join(dirname(absolute), linkTarget)));
  if (isAbsolute(linkTarget) || leads.startsWith('..'))
    throw new CliError('link-outside', `${path} is a link to ${linkTarget}, outside the folder.`, {
      exit: 'usage',
      remedy: 'Copy the file in, or name the link in .slipwayignore.',
    });
  return { path, type: 'symlink', isExecutable: false, linkTarget: toPosix(linkTarget) };
}

/** Rules of the folders above, up to the one that holds .git: a sub-folder of a repository obeys the repository. */
async function rulesAbove(folder: string): Promise<Rules[]> {
  const above: string[] = [];
  for (let current = folder; ; current = dirname(current)) {
    if (current !== folder) above.unshift(current);
    if (await exists(join(current, '.git'))) break;
    if (dirname(current) === current) return [];
  }
  const rules = (await Promise.all(above.map(rulesOf))).flat();
  // Who names an ignored folder, `dist` for instance, wants what is in it.
  return isIgnored(folder, true, rules) ? [] : rules;
}

async function rulesOf(folder: string): Promise<Rules[]> {
  const texts = await Promise.all(
    ignoreFiles.map((name) =>
      readFile(join(folder, name), 'utf8').catch((error: unknown) => {
        if (isMissing(error)) return '';
        throw error;
      }),
    ),
  );
  return texts.some(Boolean) ? [{ folder, ignore: ignore().add(texts.join('\n')) }] : [];
}

function isIgnored(absolute: string, isFolder: boolean, rules: readonly Rules[]): boolean {
  let ignored = false;
  for (const rule of rules) {
    const verdict = rule.ignore.test(`${toPosix(relative(rule.folder, absolute))}${isFolder ? '/' : ''}`);
    if (verdict.ignored) ignored = true;
    else if (verdict.unignored) ignored = false;
  }
  return ignored;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function toPosix(path: string): string {
  return sep === posix.sep ? path : path.split(sep).join(posix.sep);
}
