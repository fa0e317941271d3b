import { createHash } from 'node:crypto';

/** What is forgotten when nothing has failed for so long. */
export const forgetSeconds = 3_600;
const longestBlockSeconds = 900;

/**
 * What an attempt counts against, and how many are free: the name from that address, the name from anywhere (many more, so that
 * nobody can lock somebody else out for long), and the address. Hashed: people type passwords into the field for the name.
 */
export function attemptKeys(username: string, source: string): readonly { key: string; free: number }[] {
  const name = username.toLowerCase().slice(0, 200);
  return [
    { key: hash(`both\n${name}\n${source}`), free: 5 },
    { key: hash(`name\n${name}`), free: 50 },
    { key: hash(`address\n${source}`), free: 100 },
  ];
}

/** 15 s after the first attempt beyond the free ones, then twice as long each time, a quarter of an hour at most. */
export function blockSeconds(count: number, free: number): number {
  return count < free ? 0 : Math.min(longestBlockSeconds, 15 * 2 ** Math.min(count - free, 20));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
