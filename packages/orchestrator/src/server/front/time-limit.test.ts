import { expect, test } from 'vitest';
import { timeLimitOf } from './time-limit.js';

const limitOf = (timeout: string) => timeLimitOf(new URLSearchParams({ timeout }), 60_000);

test.each([
  ['', 60_000],
  ['0', 60_000],
  ['0s', 60_000],
  ['-5s', 60_000],
  ['10s', 10_000],
  ['250ms', 250],
  ['1.5s', 1_500],
  ['0m30s', 30_000],
  ['2h', 60_000],
])('a request with timeout=%s may take %d ms', (text, milliseconds) => {
  expect(limitOf(text)).toBe(milliseconds);
});

test.each(['10', 's', '1x', '1s2', 'ten'])('timeout=%s is refused', (text) => {
  expect(() => limitOf(text)).toThrow(
    `invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`,
  );
});
