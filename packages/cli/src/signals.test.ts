import { describe, expect, it } from 'vitest';
import { renderSignals } from './signals.js';

const point = { requestsPerSecond: 95, errorPercent: 0, p50Milliseconds: 3.2, p99Milliseconds: 9, waiting: 1 };
const found = { isMeasured: true, startsAt: '2026-01-01T00:00:00Z', stepSeconds: 5 };

describe('the signals of a rollout', () => {
  it('are what was measured last of each side', () => {
    const idle = { ...point, requestsPerSecond: 0, errorPercent: null, p50Milliseconds: null, p99Milliseconds: null };
    const sides = [
      { side: 'stable' as const, release: 7, points: [{ ...point, waiting: 9 }, point, null] },
      { side: 'candidate' as const, release: 8, points: [null, idle] },
    ];
    expect(renderSignals({ ...found, sides }).split('\n')).toEqual([
      expect.stringMatching(/^RELEASE +SIDE +REQUESTS +ERRORS +P50 +P99 +WAITING$/),
      expect.stringMatching(/^7 +stable +95\/s +0 % +3.2 ms +9 ms +1$/),
      expect.stringMatching(/^8 +candidate +0\/s +- +- +- +1$/),
    ]);
  });

  it.each([
    ['nothing is there', { ...found, sides: [{ side: 'both' as const, release: 1, points: [null] }] }, 'Nothing was'],
    ['it has not begun', { ...found, sides: [] }, 'has not begun'],
    ['Prometheus is away', { ...found, isMeasured: false, sides: [] }, 'Prometheus does not answer'],
  ])('say why there is none where %s', (_, given, text) => expect(renderSignals(given)).toContain(text));
});
