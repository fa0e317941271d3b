import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFileLog } from './file-log.js';
import { AuditQueue } from './queue.js';

const event = (text: string, bytes = 100) => ({ bytes, toLine: () => text });

test('what cannot be held is dropped and counted, never piled up', async () => {
  let lost = 0;
  const lines: string[] = [];
  const queue = new AuditQueue({
    append: async (text) => void lines.push(...text.trimEnd().split('\n')),
    onLost: (count) => {
      lost += count;
    },
  });
  for (let index = 0; index < 25_000; index++) queue.push(event(String(index)));
  queue.push(event('large', 64 * 1024 * 1024));
  await queue.close();
  expect(lines).toHaveLength(20_000);
  expect(lines[0]).toBe('0');
  expect(lost).toBe(5_001);
  queue.push(event('after'));
  await queue.close();
  expect(lines.at(-1)).toBe('after');
});

test('an event that cannot be written is counted, and the next ones are written', async () => {
  const errors: unknown[] = [];
  let isFull = true;
  const lines: string[] = [];
  const queue = new AuditQueue({
    append: async (text) => {
      if (isFull) throw new Error('no space left');
      lines.push(text);
    },
    onLost: (_count, error) => errors.push(error),
  });
  queue.push(event('one'));
  await queue.close();
  isFull = false;
  queue.push(event('two'));
  await queue.close();
  expect(errors).toHaveLength(1);
  expect(lines).toEqual(['two\n']);
});

test('a full file is put aside, and the oldest of those go', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-audit-'));
  const path = join(directory, 'log', 'audit.log');
  const log = openFileLog({ path, maxSizeBytes: 100, maxBackups: 2, maxAgeDays: 1, onError: () => {} });
  for (let index = 0; index < 5; index++) {
    await log.append(`${String(index).padEnd(59, '.')}\n`);
    // Names of files that are put aside tell milliseconds.
    await expect.poll(() => Date.now()).not.toBe(Date.now());
  }
  await log.close();
  const names = (await readdir(join(directory, 'log'))).sort();
  expect(names).toHaveLength(3);
  expect(await readFile(path, 'utf8')).toMatch(/^4\./);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(names.filter((each) => /^audit-\d{4}-\d\d-\d\dT.*\.log$/.test(each))).toHaveLength(2);
  await rm(directory, { recursive: true });
});
