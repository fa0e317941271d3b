import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObservedProcess } from './observed-process.rules.js';
import {
  decide,
  isFinal,
  isOnPrevious,
  planRollout,
  type Rollout,
  type RolloutEvent,
  targetOf,
} from './rollouts.rules.js';

const t0 = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(t0.getTime() + seconds * 1000);
const process = (name: string, more: Partial<ObservedProcess> = {}): ObservedProcess => ({
  name,
  desired: 2,
  updated: 0,
  available: 0,
  complete: false,
  ...more,
});
const done = (name: string): ObservedProcess => process(name, { updated: 2, available: 2, complete: true });

function play(rollout: Rollout, ...events: RolloutEvent[]): { line: string; rollout: Rollout; actions: string } {
  let actions = '';
  for (const event of events) {
    const decision = decide(rollout, event, later(1));
    rollout = decision.rollout;
    actions = decision.actions.map((action) => action.do).join(',');
  }
  const steps = rollout.steps.map((step) => `${step.name}:${step.state}`).join(' ');
  return { line: `${rollout.state} [${steps}] ${actions}`, rollout, actions };
}

const planned = planRollout(['web', 'worker'], true);
const running: RolloutEvent[] = [{ type: 'started' }, { type: 'applied' }];

describe('decide', () => {
  it.each<[string, RolloutEvent[], string]>([
    [
      'starts by applying',
      [{ type: 'started' }],
      'progressing [apply:running process web:pending process worker:pending] apply',
    ],
    ['then observes', running, 'progressing [apply:succeeded process web:running process worker:running] observe'],
    [
      'waits for every process',
      [...running, { type: 'observed', processes: [done('web'), process('worker')] }],
      'progressing [apply:succeeded process web:succeeded process worker:running] observe',
    ],
    [
      'is healthy when all are complete',
      [...running, { type: 'observed', processes: [done('web'), done('worker')] }],
      'healthy [apply:succeeded process web:succeeded process worker:succeeded] promote,finish',
    ],
    [
      'goes back with the first process that cannot start',
      [...running, { type: 'observed', processes: [process('web', { failure: 'it crashes' }), process('worker')] }],
      'progressing [apply:succeeded process web:failed process worker:failed restore:running] apply',
    ],
    [
      'and has failed when the release before is back',
      [
        ...running,
        { type: 'observed', processes: [process('web', { failure: 'it crashes' })] },
        { type: 'applied' },
        { type: 'observed', processes: [done('web'), done('worker')] },
      ],
      'failed [apply:succeeded process web:failed process worker:failed restore:succeeded] finish',
    ],
    [
      'goes back when the cluster refuses',
      [{ type: 'started' }, { type: 'refused', message: 'quota' }],
      'progressing [apply:failed process web:skipped process worker:skipped restore:running] apply',
    ],
    [
      'an abort puts the release before back',
      [...running, { type: 'command', command: 'abort' }],
      'progressing [apply:succeeded process web:skipped process worker:skipped restore:running] apply',
    ],
    [
      'and ends when that is back',
      [
        ...running,
        { type: 'command', command: 'abort' },
        { type: 'applied' },
        { type: 'observed', processes: [done('web')] },
      ],
      'aborted [apply:succeeded process web:skipped process worker:skipped restore:succeeded] finish',
    ],
    [
      'gives way to a later one',
      [...running, { type: 'superseded', by: '9' }],
      'aborted [apply:succeeded process web:skipped process worker:skipped] finish',
    ],
    [
      'goes back first where the later one is held back, however often that is told',
      [
        ...running,
        { type: 'superseded', by: '9', isHeldBack: true },
        { type: 'superseded', by: '9', isHeldBack: true },
        { type: 'observed', processes: [done('web')] },
      ],
      'aborted [apply:succeeded process web:skipped process worker:skipped restore:succeeded] finish',
    ],
    [
      'is applied again by a worker that takes over',
      [...running, { type: 'started' }],
      'progressing [apply:succeeded process web:running process worker:running] apply',
    ],
  ])('%s', (_, events, line) => expect(play(planned, ...events).line).toBe(line));

  it('fails at its deadline and says what it waited for', () => {
    const { rollout } = play(planned, ...running);
    const late = decide(
      rollout,
      { type: 'observed', processes: [process('web', { waiting: 'no node can take a pod' })] },
      later(700),
    );
    expect(late.rollout).toMatchObject({
      state: 'progressing',
      restoring: true,
      error: 'Not ready within 10 minutes. web: no node can take a pod',
    });
  });

  const failed: RolloutEvent[] = [...running, { type: 'observed', processes: [process('web', { failure: 'x' })] }];

  it('fails where it stands when going back is switched off, or there is nothing to go back to', () => {
    const stays = { type: 'rolling', rollbackOnFailure: false } as const;
    const line = 'failed [apply:succeeded process web:failed] finish';
    expect(play(planRollout(['web'], true, stays), ...failed).line).toBe(line);
    expect(play(planRollout(['web'], false), ...failed).line).toBe(line);
  });

  it('can abort what failed and stayed, once; what went back by itself stays failed', () => {
    const stays = planRollout(['web', 'worker'], true, { type: 'recreate', rollbackOnFailure: false });
    const abort: RolloutEvent = { type: 'command', command: 'abort' };
    expect(play(stays, ...failed, abort).actions).toBe('apply');
    const back: RolloutEvent = { type: 'observed', processes: [] };
    expect(play(stays, ...failed, abort, back).rollout).toMatchObject({
      state: 'aborted',
      error: 'Aborted: the release before was put back. web: x',
    });
    expect(play(planned, ...failed, back, abort)).toMatchObject({ actions: 'finish', rollout: { state: 'failed' } });
    expect(play(planRollout(['web'], false), ...failed, { type: 'command', command: 'abort' }).rollout.state).toBe(
      'aborted',
    );
  });

  it('always ends, never leaves a final state but to restore, and leaves no step open at its end', () => {
    const observed = fc
      .record({ complete: fc.boolean(), failure: fc.option(fc.constant('broken'), { nil: undefined }) })
      .map((more) => process('web', more));
    const event = fc.oneof<fc.Arbitrary<RolloutEvent>[]>(
      fc.constant({ type: 'started' }),
      fc.constant({ type: 'applied' }),
      fc.constant({ type: 'refused', message: 'no' }),
      fc.constant({ type: 'command', command: 'abort' }),
      fc.constant({ type: 'superseded', by: '2' }),
      fc.constant({ type: 'superseded', by: '2', isHeldBack: true }),
      fc.array(observed, { minLength: 1, maxLength: 3 }).map((processes) => ({ type: 'observed' as const, processes })),
    );
    const given = fc.record({
      type: fc.constantFrom('rolling' as const, 'recreate' as const),
      rollbackOnFailure: fc.option(fc.boolean(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), fc.boolean(), given, (events, hasPrevious, strategy) => {
        let rollout = planRollout(['web'], hasPrevious, strategy);
        const goesBack = hasPrevious && strategy.rollbackOnFailure !== false;
        for (const [index, next] of events.entries()) {
          const before = rollout;
          const decision = decide(rollout, next, later(index));
          rollout = decision.rollout;
          expect(decision.actions.length).toBeGreaterThan(0);
          if (before.state === 'healthy' || before.state === 'aborted') expect(rollout).toBe(before);
          // What went wrong ends on the release before, and not otherwise.
          if (rollout.state === 'failed' && before.state !== 'pending' && !isFinal(before)) {
            expect(targetOf({ ...rollout, restoring: isOnPrevious(rollout) }).stable).toBe(
              goesBack ? 'previous' : 'next',
            );
          }
          if (isFinal(rollout)) {
            expect(rollout.steps.every((step) => step.state !== 'running' && step.state !== 'pending')).toBe(true);
            expect(decision.actions.at(-1)?.do).toBe('finish');
          }
          expect(decision.actions.some((action) => action.do === 'promote')).toBe(
            rollout.state === 'healthy' && before.state !== 'healthy',
          );
        }
        rollout = decide(rollout, { type: 'started' }, later(20)).rollout;
        for (const hours of [3, 6])
          rollout = decide(rollout, { type: 'observed', processes: [process('web')] }, later(hours * 3600)).rollout;
        expect(isFinal(rollout)).toBe(true);
      }),
    );
  });
});
