import { describe, expect, it } from 'vitest';
import { forecast, type Sample } from './forecast.rules.js';

const hour = 3_600_000;
const start = Date.parse('2026-11-01T00:00:00Z');
const series = (hours: number, used: (hour: number) => number): Sample[] =>
  Array.from({ length: hours }, (_, index) => ({ at: start + index * hour, used: used(index) }));
/** Repeatable noise between -1 and 1. */
const noise = (index: number): number => ((index * 7919) % 200) / 100 - 1;

describe('a forecast', () => {
  it.each<[string, Sample[], number, object]>([
    ['says that it has nothing to rest on', [], 10, { state: 'not-enough-data' }],
    ['needs a day', series(23, (index) => index), 100, { state: 'not-enough-data' }],
    [
      'needs a dozen samples',
      [0, 10, 40].flatMap((index) => series(index + 1, () => 1).slice(-1)),
      100,
      { state: 'not-enough-data' },
    ],
    ['knows what is full', series(3, () => 10), 10, { state: 'full' }],
    ['knows what is flat', series(200, () => 5), 10, { state: 'steady' }],
    ['knows what falls', series(200, (index) => 200 - index), 1000, { state: 'steady' }],
    [
      'reads a straight line exactly',
      series(241, (index) => index / 24),
      22,
      { state: 'filling', days: 12, earliestDays: 12, latestDays: 12 },
    ],
    [
      'is not moved by outliers',
      series(241, (index) => (index % 40 === 7 ? 900 : index / 24)),
      22,
      { state: 'filling', days: 12, earliestDays: 12, latestDays: 12 },
    ],
    ['calls ten years never', series(241, (index) => index / 1e6), 100, { state: 'steady' }],
  ])('%s', (_, samples, limit, expected) => {
    expect(forecast(samples, limit)).toEqual(expected);
  });

  it('states how sure it is', () => {
    const answer = forecast(
      series(241, (index) => index / 24 + noise(index)),
      22,
    );
    if (answer.state !== 'filling') throw new Error(answer.state);
    expect(answer.days).toBeGreaterThan(10);
    expect(answer.days).toBeLessThan(14);
    expect(answer.earliestDays).toBeLessThanOrEqual(answer.days);
    expect(answer.latestDays ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(answer.days);
  });

  it('is steady where the period ends before', () => {
    const samples = series(241, (index) => index / 24);
    expect(forecast(samples, 22, start + 15 * 24 * hour)).toEqual({ state: 'steady' });
  });
});
