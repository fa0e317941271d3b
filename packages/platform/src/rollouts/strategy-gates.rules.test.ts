import { describe, expect, it } from 'vitest';
import type { Analysis } from './analysis/analysis.rules.js';
import type { StrategyHook } from './probes/web-hooks.rules.js';
import type { RolloutEvent } from './rollouts.rules.js';
import type { Strategy } from './strategy.rules.js';
import { canary, command, later, play, seen, told } from './testing/play.js';

describe('a blue/green release that is analysed', () => {
  const once = (name: string): Analysis => ({ metrics: [{ name, provider: { prometheus: { query: 'up' } } }] });
  const looked: Strategy = {
    type: 'blueGreen',
    prePromotionAnalysis: once('before'),
    postPromotionAnalysis: once('after'),
  };
  const beforeSwitch = [{ type: 'started' } as const, seen(), told(1, 'before', 'successful'), seen(), seen(), seen()];

  it('is promoted when both are through; the release before is stable until then', () => {
    const { lines } = play(looked, ...beforeSwitch, told(4, 'after', 'successful', 9), seen(), seen(), seen());
    expect(lines).toEqual([
      'progressing prepare: previous/previous +4 at 0 → apply',
      'progressing analysis: previous/previous +4 at 0 → apply',
      'progressing analysis: previous/previous +4 at 0 → observe',
      'progressing setCanaryScale 100 %: previous/previous +4 at 0 → apply',
      'progressing setWeight 100 %: previous/previous +4 at 0 → apply',
      'progressing analysis (2): previous/previous +4 at 1000 → apply',
      'progressing analysis (2): previous/previous +4 at 1000 → observe',
      'progressing promote: previous/previous +4 at 1000 → apply',
      'progressing promote: previous/next +4 at 1000 → apply',
      'healthy promote: previous/next +4 at 1000 → promote,finish',
    ]);
  });

  it('never takes traffic where the first one fails, and gives it back at once where the second does', () => {
    const first = play(looked, { type: 'started' }, seen(), told(1, 'before', 'failed'));
    expect(first.lines.at(-1)).toMatch(/previous\/previous \+0 at 0 → apply$/);
    const second = play(looked, ...beforeSwitch, told(4, 'after', 'failed', 9));
    expect(second.lines.slice(-2)).toEqual([
      'progressing analysis (2): previous/previous +4 at 1000 → apply',
      'progressing analysis (2): previous/previous +0 at 0 → apply',
    ]);
    expect(second.rollout.error).toBe('after: A measurement failed; the last one: it answered');
  });
});

describe('web hooks', () => {
  const url = 'https://hooks.example.com';
  const hook = (type: StrategyHook['type'], more: Partial<StrategyHook> = {}): StrategyHook => {
    return { name: type, type, url, interval: 1, ...more };
  };
  const hooked = (...webhooks: readonly StrategyHook[]): Strategy => {
    return { type: 'canary', steps: [{ setWeight: 50 }, { pause: {} }], webhooks };
  };

  it('confirm-rollout is waited for before anything is there, however often it refuses', () => {
    const { lines, rollout } = play(
      hooked(hook('confirm-rollout')),
      { type: 'started' },
      told(0, 'confirm-rollout', 'failed', 1),
      seen([]),
      told(0, 'confirm-rollout', 'failed', 2),
      seen([]),
      told(0, 'confirm-rollout', 'successful', 3),
      seen([]),
    );
    expect(lines).toEqual([
      'progressing confirm-rollout: previous/previous +0 at 0 → apply',
      'progressing confirm-rollout: previous/previous +0 at 0 → observe',
      'paused confirm-rollout: previous/previous +0 at 0 → observe',
      'paused confirm-rollout: previous/previous +0 at 0 → observe',
      'paused confirm-rollout: previous/previous +0 at 0 → observe',
      'paused confirm-rollout: previous/previous +0 at 0 → observe',
      'progressing prepare: previous/previous +1 at 0 → apply',
    ]);
    expect(rollout.steps.map(({ name }) => name)).toEqual([
      'confirm-rollout',
      'prepare',
      'setWeight 50 %',
      'pause',
      'promote',
    ]);
  });

  it('an operator goes on without the word of a gate', () => {
    const { lines } = play(hooked(hook('confirm-rollout')), { type: 'started' }, command('promote'));
    expect(lines.at(-1)).toBe('progressing prepare: previous/previous +1 at 0 → apply');
  });

  it('pre-rollout comes before the traffic, and its refusal takes the release back', () => {
    const failing = hooked(hook('pre-rollout', { failureLimit: 1 }));
    const refused = told(1, 'pre-rollout', 'failed', 2);
    const { lines, rollout } = play(
      failing,
      { type: 'started' },
      seen(),
      told(1, 'pre-rollout', 'failed', 1),
      seen(),
      refused,
    );
    expect(lines).toEqual([
      'progressing prepare: previous/previous +1 at 0 → apply',
      'progressing pre-rollout: previous/previous +1 at 0 → apply',
      'progressing pre-rollout: previous/previous +1 at 0 → observe',
      'progressing pre-rollout: previous/previous +1 at 0 → observe',
      'progressing pre-rollout: previous/previous +0 at 0 → apply',
    ]);
    expect(rollout.error).toBe('pre-rollout: 2 measurements failed, 1 were allowed; the last one: it answered');
  });

  it('rollout counts like a failed measurement, and rollback sends it back', () => {
    const polled = hooked(hook('rollout', { failureLimit: 1 }), hook('rollback'));
    const begun = [{ type: 'started' } as const, seen(), seen(), seen()];
    const once = play(polled, ...begun, told(-1, 'rollout', 'failed', 5));
    expect(once.lines.at(-1)).toBe('paused pause: previous/previous +2 at 500 → observe');
    const twice = play(polled, ...begun, told(-1, 'rollout', 'failed', 5), told(-1, 'rollout', 'failed', 6));
    expect(twice.lines.at(-1)).toBe('progressing pause: previous/previous +0 at 0 → apply');
    const asked = play(polled, ...begun, command('pause'), told(-1, 'rollback', 'failed', 5));
    expect(asked.lines.at(-1)).toBe('progressing pause: previous/previous +0 at 0 → apply');
  });

  it('confirm-promotion holds the promotion alone', () => {
    const { lines } = play(
      { type: 'blueGreen', webhooks: [hook('confirm-promotion')] },
      { type: 'started' },
      seen(),
      seen(),
      told(1, 'confirm-promotion', 'successful', 3),
      seen(),
    );
    expect(lines).toEqual([
      'progressing prepare: previous/previous +4 at 0 → apply',
      'progressing confirm-promotion: previous/previous +4 at 0 → apply',
      'paused confirm-promotion: previous/previous +4 at 0 → observe',
      'paused confirm-promotion: previous/previous +4 at 0 → observe',
      'progressing promote: previous/previous +4 at 0 → apply',
    ]);
  });
});

describe('what cannot be measured', () => {
  const rate = { name: 'rate', provider: { prometheus: { query: 'up' } }, interval: 1, consecutiveErrorLimit: 0 };
  const away: RolloutEvent = {
    type: 'measured',
    readings: null,
    taken: [{ step: 1, name: 'rate', at: later(1).toISOString(), outcome: { type: 'error', message: 'It is away.' } }],
  };

  it.each([
    ['hold', 'paused'],
    ['extend', 'progressing'],
    ['abort', 'progressing'],
  ] as const)('a step: %s', (onInconclusive, state) => {
    const strategy = canary({ analysis: { metrics: [rate], onInconclusive } });
    const { rollout } = play(strategy, { type: 'started' }, seen(), away, seen());
    expect(rollout).toMatchObject({ state, restoring: onInconclusive === 'abort' });
  });

  it('in the background: no weight is raised, until it is measured or somebody goes on', () => {
    const strategy: Strategy = {
      type: 'canary',
      steps: [{ setWeight: 10 }, { setWeight: 50 }],
      analysis: { metrics: [rate] },
    };
    const inBackground: RolloutEvent = { ...away, taken: away.taken?.map((one) => ({ ...one, step: null })) };
    const begun = [{ type: 'started' } as const, seen(), inBackground, seen(), seen()];
    const { lines, rollout } = play(strategy, ...begun);
    expect(lines.at(-1)).toBe('paused setWeight 10 %: previous/previous +1 at 0 → observe');
    expect(rollout.steps[1]?.message).toMatch(/^Inconclusive. rate: could not be measured/);
    const measured = play(strategy, ...begun, told(null, 'rate', 'successful', 9), seen());
    expect(measured.lines.at(-1)).toBe('progressing setWeight 50 %: previous/previous +2 at 100 → apply');
    const waived = play(strategy, ...begun, command('promote'), seen());
    expect(waived.lines.at(-1)).toBe('progressing setWeight 50 %: previous/previous +2 at 100 → apply');
  });
});
