import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from './strategy.rules.js';
import { dryRun, type PastTraffic } from './strategy-dry-run.rules.js';

/** `perSecond` requests, of which `failed` (0…1) fail, for an hour. */
const steady = (perSecond: number, failed = 0): PastTraffic => ({
  startsAt: new Date(0),
  bucketSeconds: 60,
  buckets: Array.from({ length: 60 }, () => ({ requests: perSecond * 60, failed: perSecond * 60 * failed })),
});
const canary = (more: Partial<CanaryStrategy> = {}): CanaryStrategy => ({
  type: 'canary',
  steps: [{ setWeight: 5 }, { pause: { duration: '5m' } }, { setWeight: 50 }, { pause: {} }],
  ...more,
});
const analysis = { metrics: [{ name: 'request-success-rate' }], minimumSamples: 50 } as const;
const assumed = { errorShare: 0.2, promoteAfterSeconds: 600 };

describe('a canary on the traffic of the past', () => {
  it('says when each step is reached, and how many requests meet the candidate there', () => {
    const { steps, seconds } = dryRun(canary(), steady(10), assumed);
    expect(seconds).toBe(900);
    expect(
      steps.map(({ name, startsAfterSeconds, weight, requests, candidateRequests }) =>
        [name, startsAfterSeconds, weight, requests, candidateRequests].join(' | '),
      ),
    ).toEqual([
      'prepare | 0 | 0 | 0 | 0',
      'setWeight 5 % | 0 | 5 | 0 | 0',
      'pause 300 s | 0 | 5 | 3000 | 150',
      'setWeight 50 % | 300 | 50 | 0 | 0',
      'pause | 300 | 50 | 6000 | 3000',
      'promote | 900 | 100 | 0 | 0',
    ]);
    expect(steps.map(({ isManual }) => isManual)).toEqual([false, false, false, false, true, false]);
  });

  it('says when a bad one is caught, after how many bad requests', () => {
    const { caught, steps } = dryRun(canary({ analysis }), steady(10), assumed);
    expect(caught).toMatchObject({ step: 2 });
    expect(caught?.badRequests).toBeGreaterThanOrEqual(2);
    expect(caught?.badRequests).toBeLessThanOrEqual(6);
    expect(caught?.afterSeconds).toBeLessThan(90);
    expect(caught?.harmedPercent).toBeLessThan(1.1);
    expect(steps[2]).toMatchObject({ samples: 150, minimumSamples: 50 });
  });

  it('a small error among many usual ones takes longer, or is not caught at all', () => {
    const small = { ...assumed, errorShare: 0.001 };
    expect(dryRun(canary({ analysis }), steady(10, 0.05), small)).toMatchObject({ caught: null, uncaught: 'too-late' });
    const clear = dryRun(canary({ analysis }), steady(10, 0.05), { ...assumed, errorShare: 0.5 });
    expect(clear.caught).not.toBeNull();
  });

  it('a threshold alone catches what the stable release does too', () => {
    const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }] as const;
    const { caught } = dryRun(canary({ analysis: { metrics } }), steady(10, 0.2), { ...assumed, errorShare: 0 });
    expect(caught).not.toBeNull();
  });

  it('an analysis as a step looks in its own time alone', () => {
    const steps = [
      { setWeight: 10 },
      { pause: { duration: 60 } },
      { analysis: { ...analysis, interval: 10, count: 6 } },
    ];
    const { caught, steps: shown } = dryRun(canary({ steps }), steady(10), assumed);
    expect(shown.map(({ samples }) => samples)).toEqual([null, null, null, 60, null]);
    expect(caught?.step).toBe(3);
    expect(caught?.afterSeconds).toBeGreaterThan(60);
  });

  it('counts what the templates of an experiment get, and what its metrics know', () => {
    const templates = [
      { name: 'baseline', specRef: 'stable', weight: 10 },
      { name: 'next', specRef: 'canary', weight: 5 },
      { name: 'more', specRef: 'canary', weight: 5 },
    ] as const;
    const experiment = { duration: 60, templates, analysis };
    const steps = [{ setWeight: 20 }, { experiment }, { pause: { duration: 60 } }];
    const { caught, steps: shown } = dryRun(canary({ steps }), steady(10), assumed);
    expect(shown.map(({ weight, candidateRequests, samples }) => [weight, candidateRequests, samples])).toEqual([
      [0, 0, null],
      [20, 0, null],
      [30, 180, 60],
      [20, 120, null],
      [100, 0, null],
    ]);
    expect(caught?.step).toBe(2);
    expect(dryRun(canary({ steps }), steady(10), { ...assumed, errorShare: 0 }).caught).toBeNull();
    const lone = { ...experiment, templates: templates.slice(1) };
    expect(dryRun(canary({ steps: [{ experiment: lone }] }), steady(10), assumed).caught?.step).toBe(1);
  });

  it('says why nothing would be caught', () => {
    expect(dryRun(canary(), steady(10), assumed).uncaught).toBe('no-analysis');
    expect(dryRun(canary({ analysis }), steady(0), assumed).uncaught).toBe('no-traffic');
    const slow = { metrics: [{ name: 'request-duration' }] } as const;
    expect(dryRun(canary({ analysis: slow }), steady(10), assumed).uncaught).toBe('no-analysis');
  });

  it('leaves out what was not measured, and meets the past again when it is over', () => {
    const gaps: PastTraffic = {
      startsAt: new Date(0),
      bucketSeconds: 60,
      buckets: [null, { requests: 600, failed: 0 }, null],
    };
    expect(dryRun(canary(), gaps, assumed).steps[4]).toMatchObject({ requests: 6000, candidateRequests: 3000 });
    expect(dryRun(canary(), { ...gaps, buckets: [null] }, assumed).steps[4]).toMatchObject({ requests: 0 });
  });
});
