import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Entry, listTree } from './tree.js';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Types, maps and words: nothing of it is loaded. Licences stay. */
const unread = /(\.(d\.[cm]?ts|[cm]?ts|tsbuildinfo|map)|(?<!licen[cs]e)\.(md|markdown))$/i;
/** Prisma carries its query compiler for every database and twice over; the client loads the fast one of PostgreSQL. */
const otherDatabases = /query_(compiler|engine)_(?!fast_bg\.postgresql).*|.*\.postgresql.*\.js$/;

/**
 * All that a workspace loads in production, as entries below `path`, at the same places as in `root`: the packages it
 * depends on, found as Node finds them, and of our own packages `dist` and `data`. Reads package.json files alone.
 */
export function productionTree(root: string, workspace: string, path: string): Entry[] {
  const packages = new Set<string>();
  const links = new Map<string, string>();
  collect(root, join(root, workspace), packages, links);
  const trees = [...packages].sort().flatMap((directory) => {
    const inside = relative(root, directory);
    const to = join(path, inside);
    return inside.startsWith('node_modules') || inside.includes('/node_modules/')
      ? listTree(directory, to, (name) => name === 'node_modules' || unread.test(name) || isOtherDatabase(inside, name))
      : ownPackage(directory, to);
  });
  const symlinks = [...links].sort().map(([from, target]): Entry => ({ type: 'link', path: join(path, from), target }));
  return withParents([...trees, ...symlinks]);
}

/** A workspace of ours: its manifest, and what it was compiled to without its tests. */
export function ownPackage(directory: string, to: string): Entry[] {
  if (!existsSync(join(directory, 'dist'))) throw new Error(`${directory}/dist is missing: \`npm run build\``);
  const isUnread = (name: string) => /\.d\.ts$|\.test\.|tsbuildinfo$|(^|\/)testing(\/|$)/.test(name);
  return [
    { type: 'directory', path: to },
    { type: 'copy', path: join(to, 'package.json'), from: join(directory, 'package.json'), mode: 0o644 },
    ...['dist', 'data']
      .filter((name) => existsSync(join(directory, name)))
      .flatMap((name) => listTree(join(directory, name), join(to, name), isUnread)),
  ];
}

/** The entries with each directory above them once, before what lies in it. */
export function withParents(entries: readonly Entry[]): Entry[] {
  const known = new Set<string>(['.']);
  return entries.flatMap((entry) => {
    const missing: Entry[] = [];
    for (let parent = dirname(entry.path); !known.has(parent); parent = dirname(parent)) {
      known.add(parent);
      missing.unshift({ type: 'directory', path: parent });
    }
    if (entry.type !== 'directory') return [...missing, entry];
    if (known.has(entry.path)) return missing;
    known.add(entry.path);
    return [...missing, entry];
  });
}

function collect(root: string, directory: string, packages: Set<string>, links: Map<string, string>): void {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  const isOptional = (name: string) =>
    name in (manifest.optionalDependencies ?? {}) || manifest.peerDependenciesMeta?.[name]?.optional === true;
  const wanted = { ...manifest.peerDependencies, ...manifest.dependencies, ...manifest.optionalDependencies };
  for (const name of Object.keys(wanted)) {
    // What an optional peer adds is loaded only by those who depend on it themselves.
    if (manifest.peerDependenciesMeta?.[name]?.optional && !(name in (manifest.dependencies ?? {}))) continue;
    const found = resolve(root, directory, name);
    if (!found) {
      if (isOptional(name)) continue;
      throw new Error(`${directory} needs ${name}, which is not installed: \`npm ci\``);
    }
    if (lstatSync(found).isSymbolicLink()) links.set(relative(root, found), readlinkSync(found));
    const real = realpathSync(found);
    if (packages.has(real)) continue;
    packages.add(real);
    collect(root, real, packages, links);
  }
}

/** The nearest `node_modules/<name>` from a directory upwards, as Node looks for it. */
function resolve(root: string, directory: string, name: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (existsSync(found)) return found;
    if (at === root || at === dirname(at)) return undefined;
  }
}

function isOtherDatabase(inside: string, name: string): boolean {
  return inside === 'node_modules/@prisma/client' && name.startsWith('runtime/') && otherDatabases.test(name);
}
