import { expect, it } from 'vitest';
import { type ArchiveEntry, isBomb, refuseEntry, refuseLinks } from './archive.rules.js';

it.each<[string, ArchiveEntry, boolean]>([
  ['a file', { name: './src/index.js', type: 'file' }, true],
  ['a folder', { name: 'src/', type: 'directory' }, true],
  ['dots that stay inside', { name: 'a/../b', type: 'file' }, true],
  ['a link beside', { name: 'a/link', type: 'symlink', linkname: '../b' }, true],
  ['the parent', { name: '../etc/passwd', type: 'file' }, false],
  ['the parent, hidden', { name: 'a/../../b', type: 'file' }, false],
  ['an absolute path', { name: '/etc/passwd', type: 'file' }, false],
  ['a link out', { name: 'link', type: 'symlink', linkname: '../../etc' }, false],
  ['an absolute link', { name: 'link', type: 'symlink', linkname: '/etc/shadow' }, false],
  ['a hard link out', { name: 'a/b', type: 'link', linkname: '../x' }, false],
  ['a device', { name: 'null', type: 'character-device' }, false],
  ['a block device', { name: 'sda', type: 'block-device' }, false],
  ['a pipe', { name: 'pipe', type: 'fifo' }, false],
  ['a sparse file of GNU tar', { name: 'huge', type: null }, false],
  ['a sparse file of pax', { name: 'huge', type: 'file', pax: { 'GNU.sparse.realsize': '1099511627776' } }, false],
  ['a file with a long name by pax', { name: 'long', type: 'file', pax: { path: 'long' } }, true],
  ['a NUL in the name', { name: 'a\0b', type: 'file' }, false],
  ['a name of 5,000 characters', { name: 'x'.repeat(5_000), type: 'file' }, false],
])('%s', (_, entry, allowed) => expect(refuseEntry(entry) === undefined).toBe(allowed));

it.each<[string, Record<string, string>, string[], boolean]>([
  ['a link to a file beside', { 'a/link': 'file' }, ['a/file', 'a/link'], true],
  ['a link into a folder', { current: 'versions/1' }, ['versions/1/file', 'current'], true],
  [
    'links as npm and pnpm make them',
    { 'node_modules/.bin/x': '../x/cli.js', x: './node_modules/x' },
    ['node_modules/x/cli.js'],
    true,
  ],
  ['a file through a link', { out: 'a/b' }, ['out', 'out/file'], false],
  ['a file through a link that comes later', { out: 'a/b' }, ['out/file', 'out'], false],
  ['a file through a link and back', { out: 'a/b' }, ['out', 'out/../file'], false],
  ['two links that lead out together', { 'a/b/top': '../..', 'a/b/out': 'top/..' }, ['a/b/top', 'a/b/out'], false],
  ['a link through a link in disguise', { 'a/top': './/..', out: './a/./top/../x' }, ['a/top', 'out'], false],
])('links: %s', (_, links, names, allowed) =>
  expect(refuseLinks(new Map(Object.entries(links)), names) === undefined).toBe(allowed),
);

it.each([
  [10 * 2 ** 20, 1_000, false],
  [65 * 2 ** 20, 64 * 2 ** 10, true],
  [2 ** 30, 100 * 2 ** 20, false],
  [5 * 2 ** 30, 500 * 2 ** 20, true],
])('%i bytes out of %i: a bomb is %s', (unpacked, packed, is) => expect(isBomb(unpacked, packed)).toBe(is));
