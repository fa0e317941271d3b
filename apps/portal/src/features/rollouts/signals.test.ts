import { describe, expect, test } from 'vitest';
import type { RolloutSignals } from '@/lib/contract';
import { countOf, hasPoints, marksOf, pointOf, stepAt, timeOf } from './signals';

const point = (requestsPerSecond: number) => ({
  requestsPerSecond,
  errorPercent: null,
  p50Milliseconds: null,
  p99Milliseconds: null,
  waiting: null,
});
const shown: RolloutSignals = {
  isMeasured: true,
  startsAt: '2026-01-01T00:00:00.000Z',
  stepSeconds: 5,
  sides: [
    { side: 'stable', release: 1, points: [point(1), point(2), null] },
    { side: 'candidate', release: 2, points: [null, null, null] },
  ],
};
const [stable, candidate] = shown.sides;
const step = (name: string, second: number | null) => ({
  name,
  state: 'succeeded' as const,
  message: null,
  startedAt: second === null ? null : timeOf({ ...shown, stepSeconds: 1 }, second).toISOString(),
  finishedAt: null,
});

describe('the signals of a rollout', () => {
  test('are what was measured last, or at the time that is looked at', () => {
    expect(stable && pointOf(stable, undefined)).toEqual(point(2));
    expect(stable && pointOf(stable, 0)).toEqual(point(1));
    expect(stable && pointOf(stable, 2)).toBeUndefined();
    expect(candidate && pointOf(candidate, undefined)).toBeUndefined();
    expect([hasPoints(shown), hasPoints({ ...shown, sides: shown.sides.slice(1) })]).toEqual([true, false]);
    expect([countOf(shown), countOf({ ...shown, sides: [] })]).toEqual([3, 0]);
  });

  test('are marked where a step began, within the time that is shown', () => {
    const marks = marksOf(shown, [step('prepare', 0), step('pause', 7.5), step('promote', 11), step('later', null)]);
    expect(marks).toEqual([
      { index: 0, label: 'prepare' },
      { index: 1.5, label: 'pause' },
    ]);
    expect([stepAt(marks, 1), stepAt(marks, 2), stepAt([], 2)]).toEqual(['prepare', 'pause', undefined]);
  });
});
