import type { Schemas } from '@slipway/sdk';
import { describe, expect, test } from 'vitest';
import { tellDryRun } from './strategy-dry-run.js';

type DryRun = Schemas['StrategyDryRun'];

const step = { startsAfterSeconds: 0, isManual: false, requests: 0, candidateRequests: 0, samples: null };
const run: DryRun = {
  isMeasured: true,
  startsAt: '2026-11-21T12:00:00.000Z',
  bucketSeconds: 60,
  traffic: [{ requests: 900, failed: 9 }, null, { requests: 100.4, failed: 0 }],
  steps: [
    { ...step, name: 'setWeight 5 %', seconds: 0, weight: 5, minimumSamples: null },
    {
      ...step,
      name: 'pause',
      seconds: 600,
      isManual: true,
      weight: 5,
      requests: 1000,
      candidateRequests: 50,
      samples: 30,
      minimumSamples: 50,
    },
  ],
  seconds: 600,
  caught: null,
  uncaught: 'no-analysis',
};
const caught = { afterSeconds: 90, step: 1, candidateRequests: 7, badRequests: 3, harmedPercent: 0.2 };

const linesOf = (change: Partial<DryRun>, percent = 5) =>
  tellDryRun({ ...run, ...change }, percent)
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' | '));

describe('a dry run in words', () => {
  test('says of each step how long it lasts and who meets the new release', () => {
    expect(linesOf({}).slice(0, 3)).toEqual([
      'STEP | AFTER | LASTS | WEIGHT | NEW | SAMPLES',
      'setWeight 5 % | 0s | - | 5 % | - | -',
      'pause | 0s | 10m (assumed) | 5 % | 50 of 1000 | 30 of 50 needed',
    ]);
    expect(linesOf({})).toContain('1000 requests were measured since 2026-11-21T12:00:00.000Z.');
  });

  test('without series no requests are told', () => {
    const lines = linesOf({ isMeasured: false, uncaught: 'no-traffic' });
    expect(lines[2]).toBe('pause | 0s | 10m (assumed) | 5 % | - | 30 of 50 needed');
    expect(lines.join('\n')).toContain('requests are not known');
  });

  test.each<[string, Partial<DryRun>, RegExp]>([
    [
      'caught',
      { caught, uncaught: null },
      /^An error of 2\.5 % would be caught after 90s, in the step pause: 3 failed/,
    ],
    ['with nothing that looks', { uncaught: 'no-analysis' }, /^Nothing looks .* Add an analysis/],
    ['too late', { uncaught: 'too-late' }, /make them longer/],
    ['without traffic', { uncaught: 'no-traffic' }, /^Without traffic/],
  ])('an error is told: %s', (_, change, told) => {
    expect(linesOf(change, 2.5).at(-1)).toMatch(told);
  });
});
