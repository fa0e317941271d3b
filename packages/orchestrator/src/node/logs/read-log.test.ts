import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LogReadOptions, readLog } from './read-log.js';

let directory: string;
let file: string;
const lines = [
  '2026-01-01T00:00:01.000000000Z stdout F one',
  '2026-01-01T00:00:02.000000000Z stderr P tw',
  '2026-01-01T00:00:02.100000000Z stderr F o',
  '2026-01-01T00:00:03.000000000Z stdout F ',
  'torn line',
  '2026-01-01T00:00:04.000000000Z stdout F four',
];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-log-'));
  file = join(directory, '0.log');
  await writeFile(file, `${lines.join('\n')}\n`);
});
afterAll(() => rm(directory, { recursive: true }));

const base = { follow: false, timestamps: false, signal: new AbortController().signal };
const quiet = { isLive: async () => false, pause: async () => undefined };

async function read(options: Partial<LogReadOptions>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of readLog(file, { ...base, ...quiet, ...options })) parts.push(part);
  return Buffer.concat(parts).toString();
}

it('joins partial lines and skips torn ones', async () => {
  expect(await read({})).toBe('one\ntwo\n\nfour\n');
});

it.each([
  [0, ''],
  [1, 'four\n'],
  [9, 'one\ntwo\n\nfour\n'],
])('shows the last %i lines', async (tailLines, expected) => {
  expect(await read({ tailLines })).toBe(expected);
});

it('shows lines since a time, with their time, up to a number of bytes', async () => {
  expect(await read({ sinceMs: Date.parse('2026-01-01T00:00:03Z') })).toBe('\nfour\n');
  expect(await read({ tailLines: 1, timestamps: true })).toBe('2026-01-01T00:00:04.000000000Z four\n');
  expect(await read({ limitBytes: 5 })).toBe('one\nt');
});

it('shows no more than the last lines where the container goes on writing meanwhile', async () => {
  const growing = join(directory, '1.log');
  const line = (text: string) => `2026-01-01T00:00:01.000000000Z stdout F ${text}\n`;
  await writeFile(growing, line('before').repeat(5000));
  const parts: Buffer[] = [];
  for await (const part of readLog(growing, { ...base, ...quiet, tailLines: 4000 })) {
    parts.push(part);
    await appendFile(growing, line('after').repeat(100));
  }
  expect(parts.length).toBeGreaterThan(1);
  expect(Buffer.concat(parts).toString()).toBe('before\n'.repeat(4000));
});
