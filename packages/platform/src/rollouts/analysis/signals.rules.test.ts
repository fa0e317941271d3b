import { describe, expect, it } from 'vitest';
import type { RangeSeries } from '../prometheus.js';
import { signalsQuery, spanOf, toPoints } from './signals.rules.js';

const at = (second: number) => new Date(second * 1000);

describe('the time that is shown of a rollout', () => {
  it.each<[string, Parameters<typeof spanOf>, ReturnType<typeof spanOf>]>([
    ['one that has just begun', [at(1000), null, at(1000)], { start: 940, stepSeconds: 5, count: 13 }],
    ['one that ended long ago', [at(1000), at(1240), at(90_000)], { start: 940, stepSeconds: 5, count: 73 }],
    ['one that has just ended', [at(1000), at(1240), at(1250)], { start: 940, stepSeconds: 5, count: 63 }],
    ['one of three days', [at(100_000), null, at(359_200)], { start: 99_940, stepSeconds: 1085, count: 239 }],
  ])('%s', (_, given, wanted) => expect(spanOf(...given)).toEqual(wanted));
});

describe('the signals of a release', () => {
  const series = (labels: Record<string, string>, values: readonly (readonly [number, number])[]): RangeSeries => ({
    labels,
    values: new Map(values),
  });
  const span = { start: 0, stepSeconds: 5, count: 4 };

  it('are gaps where there is no series', () => {
    const all = [
      series({ signal: 'requests', code: '200' }, [
        [1, 9],
        [2, 0],
      ]),
      series({ signal: 'requests', code: '503' }, [
        [1, 1],
        [2, 0],
      ]),
      series({ signal: 'p50' }, [[1, 0.0123]]),
      series({ signal: 'p99' }, [
        [1, 0.5],
        [2, Number.NaN],
      ]),
      series({ signal: 'waiting' }, [
        [1, 2],
        [3, 4],
      ]),
    ];
    expect(toPoints(all, span)).toEqual([
      null,
      { requestsPerSecond: 10, errorPercent: 10, p50Milliseconds: 12.3, p99Milliseconds: 500, waiting: 2 },
      { requestsPerSecond: 0, errorPercent: null, p50Milliseconds: null, p99Milliseconds: null, waiting: null },
      { requestsPerSecond: 0, errorPercent: null, p50Milliseconds: null, p99Milliseconds: null, waiting: 4 },
    ]);
  });

  it('are asked for over no less than two readings', () => {
    expect(signalsQuery('acme', ['a', 'b'], span)).toContain('{namespace="acme",service=~"a|b"}[10s]');
    expect(signalsQuery('acme', ['a'], { ...span, stepSeconds: 60 })).toContain('[60s]');
  });
});
