import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listEntries, packFolder } from './pack.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-pack-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}
const paths = async (at = folder) => (await listEntries(at)).map((entry) => entry.path);

describe('which files are packed', () => {
  test('everything but what .gitignore names, and never .git', async () => {
    for (const path of ['Dockerfile', 'src/a.js', 'node_modules/x/index.js', 'debug.log', '.git/HEAD'])
      await write(path);
    await write('.gitignore', 'node_modules/\n*.log\n');
    expect(await paths()).toEqual(['.gitignore', 'Dockerfile', 'src/a.js']);
  });

  test('.slipwayignore wins over .gitignore in the same folder', async () => {
    for (const path of ['dist/app.js', 'test/a.test.js']) await write(path);
    await write('.gitignore', 'dist/\n');
    await write('.slipwayignore', '!dist/\ntest/\n');
    expect(await paths()).toEqual(['.gitignore', '.slipwayignore', 'dist/app.js']);
  });

  test("a deeper folder's rules win over those above it", async () => {
    for (const path of ['a.log', 'keep/b.log']) await write(path);
    await write('.gitignore', '*.log\n');
    await write('keep/.gitignore', '!*.log\n');
    expect(await paths()).toEqual(['.gitignore', 'keep/.gitignore', 'keep/b.log']);
  });

  test('a sub-folder of a repository obeys the rules of the repository', async () => {
    for (const path of ['.git/HEAD', 'app/main.js', 'app/node_modules/x.js']) await write(path);
    await write('.gitignore', 'node_modules/\n');
    expect(await paths(join(folder, 'app'))).toEqual(['main.js']);
  });

  test('a folder that is ignored itself is packed when it is the one named', async () => {
    for (const path of ['.git/HEAD', 'dist/app.js']) await write(path);
    await write('.gitignore', 'dist/\n');
    expect(await paths(join(folder, 'dist'))).toEqual(['app.js']);
  });

  test('rules outside a repository are not looked for', async () => {
    await write('.gitignore', '*.js\n');
    await write('app/main.js');
    expect(await paths(join(folder, 'app'))).toEqual(['main.js']);
  });

  test('a link inside stays a link, one that leads outside is refused', async () => {
    await write('a.txt');
    await symlink('a.txt', join(folder, 'b.txt'));
    expect(await listEntries(folder)).toContainEqual(
      expect.objectContaining({ path: 'b.txt', type: 'symlink', linkTarget: 'a.txt' }),
    );
    await symlink('../../etc/passwd', join(folder, 'c.txt'));
    await expect(listEntries(folder)).rejects.toMatchObject({ code: 'link-outside' });
  });
});

describe('the archive', () => {
  test('holds content and the executable bit, without owner or time', async () => {
    await write('run.sh', '#!/bin/sh\n');
    await chmod(join(folder, 'run.sh'), 0o700);
    await write('page.html', '<p>hello');
    const archive = await packFolder(folder);
    const found: Record<string, unknown> = {};
    const unpacked = createReadStream(archive.file).pipe(createGunzip()).pipe(extract());
    for await (const entry of unpacked) {
      let content = '';
      for await (const chunk of entry) content += String(chunk);
      const { mode, uid, mtime } = entry.header;
      found[entry.header.name] = { content, mode, uid, time: mtime?.getTime() };
    }
    await archive.dispose();
    expect(found).toEqual({
      'page.html': { content: '<p>hello', mode: 0o644, uid: 0, time: 0 },
      'run.sh': { content: '#!/bin/sh\n', mode: 0o755, uid: 0, time: 0 },
    });
  });

  test('is the same bytes for the same content, and is gone after dispose', async () => {
    await write('b');
    await write('a', 'x');
    const [first, second] = [await packFolder(folder), await packFolder(folder)];
    expect(await readFile(first.file)).toEqual(await readFile(second.file));
    await Promise.all([first.dispose(), second.dispose()]);
    await expect(readFile(first.file)).rejects.toThrow('ENOENT');
  });

  test('carries a file larger than the streams hold', async () => {
    await write('large.bin', 'x'.repeat(3_000_000));
    const archive = await packFolder(folder);
    expect(archive).toMatchObject({ fileCount: 1 });
    await archive.dispose();
  });

  test('of nothing is refused', async () => {
    await expect(packFolder(folder)).rejects.toMatchObject({ code: 'folder-empty' });
    await expect(packFolder(join(folder, 'missing'))).rejects.toMatchObject({ code: 'folder-missing' });
  });
});
