import { describe, expect, it } from 'vitest';
import { isInLane, toLane } from './lane.rules.js';
import { decide, planRollout, type Rollout, type RolloutEvent, targetOf } from './rollouts.rules.js';
import type { Strategy } from './strategy.rules.js';

const now = new Date('2026-01-01T00:00:00Z');
const lane = { header: 'x-slipway-lane', value: 'spring' };
const web = { name: 'web', desired: 1, updated: 1, available: 1, complete: true };
const seen: RolloutEvent = { type: 'observed', processes: [web], candidate: [web] };
const canary: Strategy = { type: 'canary', steps: [{ setWeight: 50 }, { pause: {} }] };

const play = (strategy: Strategy, ...events: readonly RolloutEvent[]): Rollout =>
  events.reduce(
    (rollout, event) => decide(rollout, event, now).rollout,
    toLane(planRollout(['web'], true, strategy), lane),
  );

describe('a candidate in a lane', () => {
  it.each<[string, Strategy]>([
    ['canary', canary],
    ['blueGreen', { type: 'blueGreen' }],
    ['mirror', { type: 'mirror', percentage: 10 }],
    ['abTest', { type: 'abTest', match: [{ headers: [{ name: 'x-beta', value: '1' }] }] }],
  ])('of %s answers its header alone, until somebody has it go on', (_, strategy) => {
    const up = play(strategy, { type: 'started' }, seen);
    expect(isInLane(up)).toBe(true);
    expect(targetOf(up)).toMatchObject({
      weight: 0,
      mirrorRoutes: [],
      headerRoutes: [{ matches: [{ headers: [{ name: 'x-slipway-lane', value: 'spring' }] }] }],
    });
    expect(isInLane(decide(up, seen, now).rollout)).toBe(true);
    const gone = decide(up, { type: 'command', command: 'promote' }, now).rollout;
    expect(isInLane(gone)).toBe(false);
    expect(targetOf(gone).headerRoutes[0]?.name).toBe('slipway-lane');
  });

  it('goes on by the steps of its strategy, and leaves the lane with the promotion', () => {
    const promote: RolloutEvent = { type: 'command', command: 'promote' };
    const paused = play(canary, { type: 'started' }, seen, promote, seen);
    expect(paused).toMatchObject({ state: 'paused', candidate: { weight: 500 } });
    expect(isInLane(paused)).toBe(false);
    const done = [promote, seen, seen].reduce((rollout, event) => decide(rollout, event, now).rollout, paused);
    expect(done).toMatchObject({ state: 'healthy', candidate: { headerRoutes: [] } });
  });

  it('that is aborted has no route any more', () => {
    const up = play(canary, { type: 'started' }, seen, { type: 'command', command: 'abort' });
    expect(targetOf(up)).toMatchObject({ stable: 'previous', headerRoutes: [] });
  });
});

it('leaves alone what changes in place', () => {
  const rollout = planRollout(['web'], true, { type: 'rolling' });
  expect(toLane(rollout, lane)).toEqual(rollout);
});

it('has the background analysis begin where the strategy says', () => {
  const metrics = [{ name: 'request-success-rate' as const }];
  const watched: Strategy = { ...canary, analysis: { metrics, startingStep: 1 } };
  const plain = planRollout(['web'], true, watched);
  const startsAt = plain.background?.startsAt ?? 0;
  const laned = toLane(plain, lane);
  expect(laned.plan[laned.background?.startsAt ?? 0]).toEqual(plain.plan[startsAt]);
});

it('brings the candidate up after what is asked before a rollout', () => {
  const webhooks = [{ name: 'gate', type: 'confirm-rollout' as const, url: 'https://gate.test/' }];
  const { plan } = toLane(planRollout(['web'], true, { ...canary, webhooks }), lane);
  const steps = plan.map((step) => step.do);
  expect(steps.indexOf('prepare')).toBeGreaterThan(0);
  expect(steps.slice(steps.indexOf('prepare')).slice(0, 3)).toEqual(['prepare', 'setHeaderRoute', 'pause']);
});
