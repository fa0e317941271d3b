import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantStrategy, isInstant, isKept, toInstant } from './instant.rules.js';
import { decide, isFinal, planRollout, type Rollout, type RolloutEvent, targetOf } from './rollouts.rules.js';
import { planSteps, rolling, type Strategy, whole } from './strategy.rules.js';

const blueGreen: Strategy = { type: 'blueGreen', scaleDownDelaySeconds: 60 };
const finishedAt = new Date('2026-11-22T12:00:00Z');
const after = (seconds: number) => new Date(finishedAt.getTime() + seconds * 1000);
const begin = () => toInstant(planRollout(['web'], true, instantStrategy(blueGreen)));
const pods = (available: number) => ({
  name: 'web',
  desired: 2,
  updated: available,
  available,
  complete: available === 2,
});

describe('the release before', () => {
  const promoted = { state: 'healthy', strategy: blueGreen, plan: planSteps(blueGreen, true), finishedAt };
  it.each([
    ['so long as it is said to stay', promoted, 59, true],
    ['and no longer', promoted, 60, false],
    [
      'not after what was changed in place',
      { ...promoted, strategy: rolling, plan: planSteps(rolling, true) },
      1,
      false,
    ],
    ['not where nothing was before', { ...promoted, plan: planSteps(blueGreen, false) }, 1, false],
    ['not after a rollout that failed', { ...promoted, state: 'failed' }, 1, false],
  ])('is kept %s', (_, rollout, seconds, kept) => {
    expect(isKept(rollout, after(seconds))).toBe(kept);
  });
});

describe('the way back to pods that run', () => {
  it('is one step, and its weight is whole with the first look', () => {
    const rollout = begin();
    expect([isInstant(rollout), rollout.plan, rollout.steps.map(({ name }) => name)]).toEqual([
      true,
      [{ do: 'promote' }],
      ['promote'],
    ]);
    const started = decide(rollout, { type: 'started' }, after(0));
    expect(targetOf(started.rollout)).toMatchObject({
      weight: 0,
      candidate: { scale: { by: 'percent', percent: 100 } },
    });
    const seen = decide(started.rollout, { type: 'observed', processes: [pods(2)], candidate: [pods(2)] }, after(0));
    expect([seen.actions, targetOf(seen.rollout).weight]).toEqual([[{ do: 'apply' }], whole]);
    const done = decide(seen.rollout, { type: 'observed', processes: [pods(2)], candidate: [pods(2)] }, after(1));
    expect([done.rollout.state, done.actions[0]]).toEqual(['healthy', { do: 'promote' }]);
  });

  it('whatever happens, gives no traffic to pods that are not ready, and ends on one of the two releases', () => {
    const event = fc.oneof(
      fc.constant<RolloutEvent>({ type: 'started' }),
      fc.constant<RolloutEvent>({ type: 'applied' }),
      fc
        .integer({ min: 0, max: 2 })
        .map((ready): RolloutEvent => ({ type: 'observed', processes: [pods(2)], candidate: [pods(ready)] })),
      fc
        .constantFrom('promote', 'promote-full', 'pause', 'resume', 'abort')
        .map((command): RolloutEvent => ({ type: 'command', command: command as 'abort' })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let rollout: Rollout = begin();
        let wasReady = false;
        for (const [index, each] of events.entries()) {
          rollout = decide(rollout, each, after(index)).rollout;
          if (each.type === 'observed' && each.candidate?.every(({ complete }) => complete)) wasReady = true;
          if (targetOf(rollout).weight > 0) expect(wasReady).toBe(true);
        }
        const end: RolloutEvent = { type: 'observed', processes: [pods(2)], candidate: [pods(2)] };
        rollout = decide(rollout, { type: 'command', command: 'resume' }, after(40)).rollout;
        for (let more = 0; more < 4; more++) rollout = decide(rollout, end, after(41 + more)).rollout;
        expect(isFinal(rollout)).toBe(true);
        expect(['healthy', 'aborted']).toContain(rollout.state);
      }),
    );
  });
});
