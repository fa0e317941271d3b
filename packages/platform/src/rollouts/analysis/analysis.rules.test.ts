import { describe, expect, it } from 'vitest';
import { decide, isFinal, planRollout, type Rollout, type RolloutEvent, targetOf } from '../rollouts.rules.js';
import type { CanaryStrategy } from '../strategy.rules.js';
import type { Analysis } from './analysis.rules.js';
import type { Counters, Readings } from './readings.rules.js';
import { added, requestsIn, slowBound } from './readings.rules.js';
import { findSyntheticTraffic } from './rollout-analysis.rules.js';

const t0 = new Date('2026-01-01T00:00:00Z');
const web = { name: 'web', desired: 1, updated: 1, available: 1, complete: true };
const seen: RolloutEvent = { type: 'observed', processes: [web], candidate: [web] };

/** So many requests, of which so many failed and so many took longer than a second. */
function counters(requests: number, failed = 0, slow = 0): Counters {
  const quick = requests - slow;
  return {
    codes: { '200': requests - failed, '500': failed },
    buckets: { '0.01': quick, '0.1': quick, '0.25': quick, '1': quick, '+Inf': requests },
  };
}

const canary = (more: Partial<CanaryStrategy>): CanaryStrategy => ({
  type: 'canary',
  steps: [{ setWeight: 5 }, { pause: {} }],
  ...more,
});
const successRate: Analysis = { metrics: [{ name: 'request-success-rate' }], interval: 10, count: 3 };

/** Plays a second for each reading: it is measured, then the cluster is looked at. */
function play(strategy: CanaryStrategy, readings: readonly (Readings | null)[], from?: Rollout, at = 0) {
  let rollout = from ?? decide(planRollout(['web'], true, strategy), { type: 'started' }, t0).rollout;
  for (const [second, reading] of readings.entries()) {
    const now = new Date(t0.getTime() + (at + second + 1) * 1000);
    const measured = decide(rollout, { type: 'measured', readings: reading }, now);
    rollout = measured.rollout;
    if (measured.actions.at(-1)?.do === 'observe') rollout = decide(rollout, seen, now).rollout;
  }
  return rollout;
}

/** Readings of so many seconds: a second brings 95 requests to the stable release and 5 to the candidate. */
const traffic = (seconds: number, failing: { candidate?: number; stable?: number; slow?: number } = {}): Readings[] =>
  Array.from({ length: seconds }, (_, second) => ({
    candidate: counters(
      5 * second,
      Math.round(5 * second * (failing.candidate ?? 0)),
      Math.round(5 * second * (failing.slow ?? 0)),
    ),
    stable: counters(500 + 95 * second, Math.round(95 * second * (failing.stable ?? 0))),
  }));
const silence = (seconds: number): Readings[] =>
  Array.from({ length: seconds }, () => ({ candidate: counters(0), stable: counters(500) }));
const away = (seconds: number): null[] => Array.from({ length: seconds }, () => null);

describe('an analysis in the background', () => {
  const strategy = canary({ analysis: successRate });

  it('takes a candidate back whose requests fail, within seconds, and names the numbers', () => {
    const rollout = play(strategy, traffic(8, { candidate: 1 }));
    expect(rollout.state).toBe('failed');
    expect(targetOf(rollout)).toMatchObject({ stable: 'previous', weight: 0, candidate: undefined });
    expect(rollout.error).toMatch(
      /^request-success-rate: \d+ of \d+ requests to the candidate failed, of the stable release 0 of \d+ at the same time; the odds against chance are [\d,]+ : 1, the bound is 100 : 1\.$/,
    );
    const [run] = rollout.analyses;
    expect(run).toMatchObject({ step: null, verdict: 'fail', finishedAt: expect.any(String) });
    expect(run?.metrics[0]?.candidate.requests).toBeLessThanOrEqual(15);
    expect(run?.metrics[0]?.points.at(-1)).toMatchObject({ odds: expect.any(Number) });
  });

  it('does not blame the candidate for what befalls both', () => {
    expect(play(strategy, traffic(120, { candidate: 0.6, stable: 0.6 })).error).toBeNull();
  });

  it('takes a candidate back that fails while an operator holds it', () => {
    const begun = play(strategy, traffic(3));
    const held = decide(begun, { type: 'command', command: 'pause' }, t0).rollout;
    expect(play(strategy, traffic(20, { candidate: 1 }), held, 4).state).toBe('failed');
  });

  it('takes back what is slow, by what 95 % of the stable requests take', () => {
    const slow = canary({ analysis: { metrics: [{ name: 'request-duration' }] } });
    const rollout = play(slow, traffic(8, { slow: 1 }));
    expect(rollout.error).toMatch(/request-duration: .* took longer than 0.1 s/);
    expect(play(slow, traffic(60)).error).toBeNull();
  });

  it('promotes nothing that too few have tried, until they have or an operator says so', () => {
    const toEnd = canary({ steps: [{ setWeight: 5 }], analysis: successRate });
    const doubted = play(toEnd, silence(10));
    expect(doubted).toMatchObject({ state: 'paused', candidate: { weight: 50 } });
    expect(doubted.steps.at(-1)?.message).toBe(
      'Inconclusive. request-success-rate: the candidate answered fewer than 50 requests.',
    );
    expect(play(toEnd, traffic(30), doubted, 10).state).toBe('healthy');
    const now = new Date(t0.getTime() + 11_000);
    const waived = decide(doubted, { type: 'command', command: 'promote' }, now).rollout;
    const healthy = play(toEnd, silence(3), waived, 11);
    expect(healthy.state).toBe('healthy');
    expect(healthy.analyses[0]).toMatchObject({ verdict: 'inconclusive', isWaived: true });
  });

  it('raises no weight while the series are away, and goes on when they are back', () => {
    const two = canary({
      steps: [{ setWeight: 5 }, { pause: { duration: 40 } }, { setWeight: 50 }],
      analysis: successRate,
    });
    const blind = play(two, [...traffic(3), ...away(60)]);
    expect(blind).toMatchObject({ state: 'paused', candidate: { weight: 50 } });
    expect(play(two, traffic(40), blind, 63).state).toBe('healthy');
  });

  it('goes back where it was asked to when nothing can be said', () => {
    const strict = canary({ steps: [{ setWeight: 5 }], analysis: { ...successRate, onInconclusive: 'abort' } });
    const rollout = play(strict, silence(10));
    expect(rollout).toMatchObject({ state: 'failed', error: expect.stringMatching(/^Inconclusive\./) });
  });
});

describe('a step of analysis', () => {
  const strategy = canary({ steps: [{ setWeight: 5 }, { analysis: successRate }] });

  it('passes at the end of its window, with enough requests and nothing against it', () => {
    const short = play(strategy, traffic(25));
    expect(short).toMatchObject({ state: 'progressing', index: 2 });
    const rollout = play(strategy, traffic(45));
    expect(rollout.state).toBe('healthy');
    expect(rollout.analyses[0]).toMatchObject({ step: 2, verdict: 'pass' });
  });

  it('judges nothing without traffic, and waits for an operator, whose word counts', () => {
    const rollout = play(strategy, silence(45));
    expect(rollout).toMatchObject({ state: 'paused', index: 2 });
    expect(rollout.analyses[0]).toMatchObject({ verdict: 'inconclusive' });
    const now = new Date(t0.getTime() + 46_000);
    const promoted = decide(rollout, { type: 'command', command: 'promote' }, now).rollout;
    expect(play(strategy, silence(3), promoted, 47).state).toBe('healthy');
  });

  it('is inconclusive where the series are away', () => {
    expect(play(strategy, away(90))).toMatchObject({ state: 'paused', analyses: [{ verdict: 'inconclusive' }] });
  });

  it('still fails while it waits for an operator', () => {
    const waiting = play(strategy, silence(45));
    const bad = traffic(8, { candidate: 1 }).map((each) => ({ ...each, stable: counters(500) }));
    const both = bad.map((each, second) => ({ ...each, stable: counters(500 + 95 * second) }));
    expect(play(strategy, both, waiting, 46).state).toBe('failed');
  });

  it('goes on looking where it was asked to', () => {
    const patient = canary({ steps: [{ setWeight: 5 }, { analysis: { ...successRate, onInconclusive: 'extend' } }] });
    const waiting = play(patient, silence(300));
    expect(waiting).toMatchObject({ state: 'progressing', index: 2 });
    expect(play(patient, traffic(40), waiting, 301).state).toBe('healthy');
  });

  it('fails by a threshold of its own, whatever the stable release does', () => {
    const metrics = [{ name: 'request-success-rate' as const, thresholdRange: { min: 99 } }];
    const strict = canary({ steps: [{ setWeight: 5 }, { analysis: { ...successRate, metrics } }] });
    const rollout = play(strict, traffic(40, { candidate: 0.4, stable: 0.4 }));
    expect(rollout.error).toContain('1 % may at most');
  });
});

it('a good candidate at a stated rate of false alarms ends healthy in all but a few of 1,000 rollouts', () => {
  const strategy = canary({ steps: [{ setWeight: 5 }, { analysis: { ...successRate, falseAlarmRate: 0.05 } }] });
  let state = 7;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  let alarms = 0;
  for (let run = 0; run < 1_000; run += 1) {
    let [candidate, failed, stable, failedStable] = [0, 0, 500, 0];
    const readings = Array.from({ length: 45 }, () => {
      for (let request = 0; request < 60; request += 1) {
        const isBad = random() < 0.04;
        if (random() < 0.2) [candidate, failed] = [candidate + 1, failed + Number(isBad)];
        else [stable, failedStable] = [stable + 1, failedStable + Number(isBad)];
      }
      return { candidate: counters(candidate, failed), stable: counters(stable, failedStable) };
    });
    const rollout = play(strategy, readings);
    if (rollout.state === 'failed') alarms += 1;
    else expect(isFinal(rollout)).toBe(true);
  }
  expect(alarms).toBeLessThanOrEqual(50 + 21);
}, 60_000);

describe('counters', () => {
  it('that began anew count from there, and those that are missing add nothing', () => {
    expect(added(counters(100, 10), counters(7, 2)).codes).toEqual({ '200': 5, '500': 2 });
    expect(added(counters(100, 10), { codes: {}, buckets: {} })).toEqual({ codes: {}, buckets: {} });
    expect(added(counters(100, 10), counters(103, 11)).codes).toEqual({ '200': 2, '500': 1 });
  });

  it('say what is slow: the bound above what 95 % keep, 100 ms at least, and nothing from too few requests', () => {
    expect(slowBound(counters(100), 50)).toBe(0.1);
    expect(slowBound(counters(10), 50)).toBeUndefined();
    expect(slowBound({ codes: {}, buckets: { '0.25': 10, '0.5': 96, '1': 100, '+Inf': 100 } }, 50)).toBe(1);
  });
});

describe('a release that hangs', () => {
  const strategy = canary({ analysis: { metrics: [{ name: 'request-duration' }] } });
  /** So many requests a second of the candidate's are never answered. */
  const hanging = (seconds: number, hung: number): Readings[] =>
    traffic(seconds).map(({ candidate, stable }, second) => ({
      candidate: {
        ...counters((5 - hung) * second),
        waiting: hung * second,
        begun: requestsIn(candidate) - hung * second,
      },
      stable: { ...stable, waiting: 2, begun: requestsIn(stable) },
    }));

  it('is taken back long before its requests end', () => {
    const rollout = play(strategy, hanging(12, 5));
    expect(rollout.state).toBe('failed');
    expect(rollout.error).toMatch(/^request-duration: (\d+) of \1 requests to the candidate took longer than 0.1 s/);
  });

  it('in part, too', () => {
    expect(play(strategy, hanging(60, 2)).state).toBe('failed');
  });

  it('is none where both have as many that wait for long', () => {
    const long = traffic(120).map(({ candidate, stable }, second) => ({
      candidate: { ...candidate, waiting: second, begun: requestsIn(candidate) },
      stable: { ...stable, waiting: 200 + 19 * second, begun: requestsIn(stable) },
    }));
    expect(play(strategy, long).error).toBeNull();
  });
});

describe('with requests of our own', () => {
  const own: Analysis = { ...successRate, onInconclusive: 'synthetic', syntheticTraffic: { path: '/ready' } };
  const at = (seconds: number) => new Date(t0.getTime() + seconds * 1000);

  it('a step sends them when its time is over, to the releases that have too few, until there are enough', () => {
    const strategy = canary({ steps: [{ setWeight: 5 }, { analysis: own }] });
    const waiting = play(strategy, silence(29));
    expect(findSyntheticTraffic(waiting, at(25))).toBeUndefined();
    const rollout = play(strategy, silence(40));
    expect(rollout.state).toBe('progressing');
    expect(findSyntheticTraffic(rollout, at(40))).toEqual({
      path: '/ready',
      requestsPerSecond: 10,
      candidate: true,
      stable: true,
    });
    const enough = { candidate: counters(50), stable: counters(550) };
    const measured = decide(rollout, { type: 'measured', readings: enough }, at(41)).rollout;
    expect(findSyntheticTraffic(measured, at(41))).toBeUndefined();
    expect(decide(measured, seen, at(41)).rollout.analyses.at(-1)?.verdict).toBe('pass');
  });

  it('the background sends them where it holds the promotion back', () => {
    const strategy = canary({ steps: [{ setWeight: 5 }, { pause: { duration: 5 } }], analysis: own });
    const paused = play(strategy, silence(4));
    expect(findSyntheticTraffic(paused, at(4))).toBeUndefined();
    const rollout = play(strategy, silence(12));
    expect(findSyntheticTraffic(rollout, at(12))).toMatchObject({ candidate: true, stable: true });
    expect(targetOf(rollout)).toMatchObject({ hasSyntheticTraffic: true });
  });

  it('nobody is asked for an operator who holds it, nor where it goes back', () => {
    const strategy = canary({ steps: [{ setWeight: 5 }, { analysis: own }] });
    const rollout = play(strategy, silence(40));
    const held = decide(rollout, { type: 'command', command: 'pause' }, at(40)).rollout;
    expect(findSyntheticTraffic(held, at(41))).toBeUndefined();
    const aborted = decide(rollout, { type: 'command', command: 'abort' }, at(40)).rollout;
    expect(findSyntheticTraffic(aborted, at(41))).toBeUndefined();
    expect(targetOf(aborted).hasSyntheticTraffic).toBeFalsy();
  });

  it('a strategy without them has no door for them', () => {
    expect(targetOf(play(canary({ analysis: successRate }), silence(3))).hasSyntheticTraffic).toBe(false);
  });
});
