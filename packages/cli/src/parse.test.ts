import { expect, test } from 'vitest';
import { formatAge, formatBytes, formatDuration, shortHash, shortImage } from './format.js';
import {
  isName,
  parseAssignments,
  parseCondition,
  parseDuration,
  parseNumber,
  parseScale,
  parseScope,
} from './parse.js';

test('an assignment ends its name at the first =', () => {
  expect(parseAssignments(['A=1', 'URL=http://x?a=b', 'EMPTY='])).toEqual({ A: '1', URL: 'http://x?a=b', EMPTY: '' });
  for (const bad of [['A'], ['=1'], ['1A=1'], ['A-B=1'], ['A=1', 'A=2']])
    expect(() => parseAssignments(bad)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a scale is process=number', () => {
  expect(parseScale(['web=3', 'worker=0'])).toEqual({ web: 3, worker: 0 });
  for (const bad of [['web'], ['web=-1'], ['web=1.5'], ['Web=1'], ['web=3', 'web=4'], ['web=99999']])
    expect(() => parseScale(bad)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a scope has one to three names', () => {
  expect(parseScope('acme')).toEqual({ tenant: 'acme' });
  expect(parseScope('acme/demo/staging')).toEqual({ tenant: 'acme', project: 'demo', environment: 'staging' });
  for (const bad of ['', 'a/b/c/d', 'a//b', '../x', 'A'])
    expect(() => parseScope(bad)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a number may be written as people say it', () => {
  expect(['3', 'v3', '#3'].map(parseNumber)).toEqual([3, 3, 3]);
  for (const bad of ['0', '-1', 'x', '1.5', '']) expect(() => parseNumber(bad)).toThrow('number');
});

test('names are DNS labels', () => {
  expect(['a', 'a-b', '0a', 'a'.repeat(63)].every(isName)).toBe(true);
  expect(['', '-a', 'a-', 'A', 'a.b', 'a'.repeat(64)].some(isName)).toBe(false);
});

test('ages, durations, sizes and hashes are short', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  expect(formatAge('2026-11-21T11:59:00Z', now)).toBe('60s');
  expect(formatAge('2026-11-20T11:00:00Z', now)).toBe('25h');
  expect(formatAge('2026-11-21T13:00:00Z', now)).toBe('0s');
  expect(formatAge(undefined, now)).toBe('-');
  expect(formatDuration('2026-11-21T11:00:00Z', '2026-11-21T11:03:00Z', now)).toBe('3m');
  expect([512, 2048, 5_242_880].map(formatBytes)).toEqual(['512 B', '2.0 KiB', '5.0 MiB']);
  expect(shortHash(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab');
  expect(shortImage(`host/acme/demo/shop@sha256:${'ab'.repeat(32)}`)).toBe('host/acme/demo/shop@abababababab');
});

test('a duration is whole numbers with units', () => {
  expect(['90s', '30m', '2h', '7d', '1h30m'].map(parseDuration)).toEqual([90, 1800, 7200, 604_800, 5400]);
  for (const bad of ['', '5', 'h', '1.5h', '2 h', '-1h']) expect(() => parseDuration(bad)).toThrow();
});

test('a condition of a policy is a path, an operator and a value', () => {
  expect(['cpu<=4', 'limits.memory>=1Gi', 'role=viewer', 'role=viewer|operator'].map(parseCondition)).toEqual([
    { path: 'cpu', atMost: '4' },
    { path: 'limits.memory', atLeast: '1Gi' },
    { path: 'role', equals: 'viewer' },
    { path: 'role', oneOf: ['viewer', 'operator'] },
  ]);
  for (const bad of ['cpu', '<=4', 'cpu<4', 'cpu='])
    expect(() => parseCondition(bad)).toThrow(expect.objectContaining({ code: 'usage' }));
});
