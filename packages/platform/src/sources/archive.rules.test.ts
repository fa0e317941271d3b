import { expect, it } from 'vitest';
import { type ArchiveEntry, refuseEntry } from './archive.rules.js';

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
])('%s', (_, entry, allowed) => expect(refuseEntry(entry) === undefined).toBe(allowed));
