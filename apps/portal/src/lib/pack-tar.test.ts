import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isPacked, packGzip, type TarEntry } from './pack-tar';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-tar-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (path: string, text: string, isExecutable = false): TarEntry => {
  const content = new TextEncoder().encode(text);
  return { path, size: content.length, modifiedAt: 1_700_000_000_000, isExecutable, content: async () => content };
};

async function unpack(entries: readonly TarEntry[]): Promise<void> {
  const archive = join(folder, 'a.tgz');
  writeFileSync(archive, new Uint8Array(await (await packGzip(entries)).arrayBuffer()));
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
}

test('tar reads what was packed: contents, folders, modes, names beyond ASCII', async () => {
  await unpack([
    file('Dockerfile', 'FROM scratch\n'),
    file('src/run.sh', 'x'.repeat(1500), true),
    file('文档/说明.txt', '你好'),
  ]);
  expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toBe('FROM scratch\n');
  expect(readFileSync(join(folder, 'src/run.sh'), 'utf8')).toHaveLength(1500);
  expect(readFileSync(join(folder, '文档/说明.txt'), 'utf8')).toBe('你好');
});

test('a path over 100 bytes is split; one that cannot be is refused with the remedy', async () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(40)}/file.txt`;
  await unpack([file(long, 'deep')]);
  expect(readFileSync(join(folder, long), 'utf8')).toBe('deep');
  await expect(packGzip([file('x'.repeat(200), '')])).rejects.toThrow(/too long/);
});

test('what a build never needs is left out', () => {
  expect(['a/.git/config', 'node_modules/x/y.js', 'src/a.ts'].filter(isPacked)).toEqual(['src/a.ts']);
});
