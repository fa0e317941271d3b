import { expect, test } from 'vitest';
import { formatBytes, formatDuration, formatRelative, parseQuantity, shorten, shortenImage } from './format';
import { toName } from './names';
import { toReturnPath } from './return-to';

const now = Date.parse('2026-01-02T12:00:00Z');

test('times are relative in the reader’s language', () => {
  expect(formatRelative('2026-01-02T11:57:00Z', now, 'en')).toBe('3 min. ago');
  expect(formatRelative('2026-01-02T11:57:00Z', now, 'zh')).toBe('3分钟前');
  expect(formatRelative('2026-01-02T11:59:58Z', now, 'en')).toBe('now');
});

test('durations and sizes carry units', () => {
  expect([400, 12_000, 72_000, 3_900_000].map(formatDuration)).toEqual(['0.4s', '12s', '1m 12s', '1h 5m']);
  expect([512, 2048, 12.5 * 2 ** 20].map(formatBytes)).toEqual(['512 B', '2.0 KiB', '12.5 MiB']);
  expect([parseQuantity('250m'), parseQuantity('2Ki'), parseQuantity('x')]).toEqual([0.25, 2048, Number.NaN]);
});

test('ids are short', () => {
  const digest = `sha256:${'ab'.repeat(32)}`;
  expect(shorten(digest)).toBe('abababababab');
  expect(shortenImage(`127.0.0.1:7601/acme/shop/web@${digest}`)).toBe('acme/shop/web@abababababab');
});

test('what someone typed becomes a name', () => {
  expect(['My Shop!', '9 lives', 'web_app-'].map(toName)).toEqual(['my-shop', 'lives', 'web-app']);
});

test('only a path of our own is returned to', () => {
  const asked = ['/t/acme?x=1', '//evil.example', 'https://evil.example', '/\\evil', '/auth/login', null];
  expect(asked.map(toReturnPath)).toEqual(['/t/acme?x=1', '/', '/', '/', '/', '/']);
});
