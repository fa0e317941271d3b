import { describe, expect, it } from 'vitest';
import { planProbe } from './own-metrics.rules.js';
import {
  findDoubt,
  isDue,
  isSettled,
  judge,
  type Outcome,
  type Probe,
  type ProbeRun,
  recordProbe,
  startProbe,
} from './probe.rules.js';

const t0 = Date.parse('2026-01-01T00:00:00Z');
const at = (second: number): string => new Date(t0 + second * 1000).toISOString();
const probeOf = (more: Partial<Parameters<typeof planProbe>[0]> = {}): Probe => {
  const probe = planProbe({ name: 'rate', provider: { prometheus: { query: 'a' } }, ...more });
  if (!probe) throw new Error('It has a provider.');
  return probe;
};
const value = (given: unknown): Outcome => ({ type: 'value', value: given });
const away: Outcome = { type: 'error', message: 'Prometheus does not answer.' };

/** A line for each measurement, a second apart. */
function play(probe: Probe, outcomes: readonly Outcome[]) {
  let run: ProbeRun = startProbe(probe);
  const lines = outcomes.map((outcome, second) => {
    run = recordProbe(run, probe, { step: 1, name: probe.name, at: at(second), outcome });
    const doubt = findDoubt(run, probe) ? ' doubt' : '';
    return `${run.measurements.at(-1)?.phase} ${run.verdict}${isSettled(run, probe) ? ' settled' : ''}${doubt}`;
  });
  return { lines, run };
}

describe('by its conditions a measurement is', () => {
  it.each<[string, Partial<Parameters<typeof planProbe>[0]>, unknown, string]>([
    ['successful where there are none', {}, [5], 'successful'],
    ['successful', { successCondition: 'result[0] >= 0.95' }, [0.96], 'successful'],
    ['failed', { successCondition: 'result[0] >= 0.95' }, [0.9], 'failed'],
    ['failed by the other', { failureCondition: 'result[0] > 5' }, [6], 'failed'],
    ['successful by the other', { failureCondition: 'result[0] > 5' }, [5], 'successful'],
    [
      'inconclusive between both',
      { successCondition: 'result[0] < 1', failureCondition: 'result[0] > 5' },
      [3],
      'inconclusive',
    ],
    ['failed by both', { successCondition: 'result[0] > 1', failureCondition: 'result[0] > 5' }, [6], 'failed'],
    ['inconclusive without any series', { successCondition: 'result[0] < 1' }, [], 'inconclusive'],
    ['inconclusive where it is no number', { successCondition: 'result[0] < 1' }, [Number.NaN], 'inconclusive'],
    ['successful where that was thought of', { successCondition: 'default(result[0], 0) < 1' }, [], 'successful'],
    ['an error of the wrong kind', { successCondition: 'result > 1' }, 'text', 'error'],
  ])('%s', (_, more, result, phase) => expect(judge(probeOf(more), value(result)).phase).toBe(phase));
});

describe('counted as Argo counts them', () => {
  const good = { successCondition: 'result > 0', interval: 1 };

  it('fails with one more than failureLimit, and says what it was', () => {
    const { lines, run } = play(probeOf({ ...good, failureLimit: 1 }), [value(0), value(1), value(0), value(1)]);
    expect(lines).toEqual(['failed running', 'successful running', 'failed fail', 'failed fail']);
    expect(run.reason).toBe('rate: 2 measurements failed, 1 were allowed; the last one: the result was 0');
  });

  it('is over with count, in which errors have no part', () => {
    const { lines } = play(probeOf({ ...good, count: 2 }), [value(1), away, value(1)]);
    expect(lines).toEqual(['successful running', 'error running', 'successful running settled']);
  });

  it('without an interval it is measured once', () => {
    expect(play(probeOf({ successCondition: 'result > 0' }), [value(1)]).lines).toEqual(['successful running settled']);
  });

  it('cannot be decided with more errors in a row than consecutiveErrorLimit, until one succeeds', () => {
    const { lines } = play(probeOf({ ...good, consecutiveErrorLimit: 1 }), [away, value(1), away, away, value(1)]);
    expect(lines).toEqual([
      'error running',
      'successful running',
      'error running',
      'error running doubt',
      'successful running',
    ]);
  });

  it('cannot be decided with more than inconclusiveLimit', () => {
    const probe = probeOf({ ...good, inconclusiveLimit: 1 });
    const { lines, run } = play(probe, [value(null), value(1), value(null)]);
    expect(lines).toEqual(['inconclusive running', 'successful running', 'inconclusive running doubt']);
    expect(findDoubt(run, probe)).toMatch(/^rate: 2 measurements decide nothing/);
  });

  it('a measurement that is told twice counts once', () => {
    const probe = probeOf(good);
    const taken = { step: 1, name: 'rate', at: at(1), outcome: value(1) };
    const once = recordProbe(startProbe(probe), probe, taken);
    expect(recordProbe(once, probe, taken)).toEqual(once);
  });

  it('keeps the latest sixty, and no more than a line of each', () => {
    const { run } = play(
      probeOf({ interval: 1 }),
      Array.from({ length: 99 }, () => value('x'.repeat(5000))),
    );
    expect(run.measurements).toHaveLength(60);
    expect(run.measurements[0]?.value?.length).toBeLessThan(210);
    expect(run.successful).toBe(99);
  });
});

describe('is measured', () => {
  const probe = probeOf({ interval: 10, initialDelay: 5 });
  const measured = play(probe, [value(1)]).run;
  it.each<[string, ProbeRun, Partial<Probe>, number, boolean]>([
    ['not before its delay', startProbe(probe), {}, 4, false],
    ['after its delay', startProbe(probe), {}, 5, true],
    ['not before its interval', measured, {}, 9, false],
    ['after its interval', measured, {}, 10, true],
    ['not before its step', startProbe(probe), { startsAt: 3 }, 60, false],
    ['from its step on', startProbe(probe), { startsAt: 2 }, 60, true],
    ['no more when it is over', measured, { count: 1 }, 60, false],
  ])('%s', (_, run, more, second, expected) => {
    expect(isDue(run, { ...probe, ...more }, at(0), 2, new Date(at(second)))).toBe(expected);
  });
});
