import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReleaseHooks } from '../../applications/application-scopes.service.js';
import { isFinal, isOnPrevious, planRollout, type Rollout, type RolloutEvent, targetOf } from '../rollouts.rules.js';
import type { Strategy } from '../strategy.rules.js';
import { decide, type HookEvent, type HookOutcome, planHooks, stepsOf } from './hook.rules.js';
import { readHookPod, tailOf } from './hook-outcome.rules.js';

const t0 = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(t0.getTime() + seconds * 1000);
const both: ReleaseHooks = { before: { command: 'migrate', timeoutSeconds: 60 }, after: { probe: { path: '/' } } };
const make = (strategy: Strategy = { type: 'rolling' }, hooks = both, hasPrevious = true): Rollout => {
  return { ...planRollout(['web'], hasPrevious, strategy), hooks: planHooks(hooks) };
};
const web = { name: 'web', desired: 1, updated: 1, available: 1, complete: true };
const seen: RolloutEvent = { type: 'observed', processes: [web], candidate: [web] };
const hooked = (hook: 'before' | 'after', state: HookOutcome['state'], message: string | null = null): HookEvent => {
  return { type: 'hooked', hook, outcome: { state, message, uid: 'u1' } };
};
const abort: RolloutEvent = { type: 'command', command: 'abort' };

function play(rollout: Rollout, ...events: (RolloutEvent | HookEvent)[]) {
  const lines: string[] = [];
  for (const [second, event] of events.entries()) {
    const decision = decide(rollout, event, later(second));
    rollout = decision.rollout;
    const actions = decision.actions.map((action) => (action.do === 'hook' ? `hook ${action.hook}` : action.do)).join();
    const { before, after } = rollout.hooks;
    lines.push(`${rollout.state} ${before?.state ?? '-'}/${after?.state ?? '-'} → ${actions}`);
  }
  return { rollout, lines };
}

describe('hooks', () => {
  it('run before anything of the release stands, and before it is called healthy', () => {
    const { rollout, lines } = play(
      make(),
      { type: 'started' },
      hooked('before', 'running'),
      hooked('before', 'succeeded'),
      { type: 'applied' },
      seen,
      hooked('after', 'succeeded'),
      seen,
    );
    expect(lines).toEqual([
      'pending running/pending → hook before',
      'pending running/pending → hook before',
      'progressing succeeded/pending → apply',
      'progressing succeeded/pending → observe',
      'progressing succeeded/running → hook after',
      'progressing succeeded/succeeded → observe',
      'healthy succeeded/succeeded → promote,finish',
    ]);
    expect(stepsOf(rollout).map(({ name, state }) => `${name}:${state}`)).toEqual([
      'hook before:succeeded',
      'apply:succeeded',
      'process web:succeeded',
      'hook after:succeeded',
    ]);
  });

  it('that fail before end the rollout, and nothing of the release was there', () => {
    const { rollout, lines } = play(make(), { type: 'started' }, hooked('before', 'failed', 'it exited with code 3.'));
    expect(lines.at(-1)).toBe('failed failed/skipped → finish');
    expect(rollout.error).toBe('Before the rollout: it exited with code 3.');
  });

  it.each<[Strategy]>([[{ type: 'rolling' }], [{ type: 'recreate' }], [{ type: 'blueGreen' }]])(
    'that fail after take %s back',
    (strategy) => {
      const up = play(make(strategy, { after: { command: 'check' } }), { type: 'started' }, seen, seen, seen, seen);
      expect(up.lines.at(-1)).toContain('-/running → hook after');
      const { rollout } = play(up.rollout, hooked('after', 'failed', 'no.'));
      expect(rollout).toMatchObject({ restoring: true, error: 'After the rollout: no.' });
      expect(targetOf(rollout)).toMatchObject({ stable: 'previous', weight: 0 });
      expect(play(rollout, { type: 'applied' }, seen).rollout.state).toBe('failed');
    },
  );

  it('are late where nobody could look in time', () => {
    const begun = play(make(), { type: 'started' }).rollout;
    expect(decide(begun, hooked('before', 'running'), later(89)).rollout.state).toBe('pending');
    expect(decide(begun, hooked('before', 'running', 'pulling'), later(95)).rollout.error).toBe(
      'Before the rollout: not done within 60 s. pulling',
    );
  });

  it('are ended by an abort, and held by a pause only after them', () => {
    const begun = play(make({ type: 'canary', steps: [] }), { type: 'started' }).rollout;
    expect(play(begun, abort).rollout).toMatchObject({ state: 'aborted', hooks: { before: { state: 'skipped' } } });
    const held = play(begun, { type: 'command', command: 'pause' }, hooked('before', 'succeeded'), seen).rollout;
    expect(held).toMatchObject({ held: true, index: 0, hooks: { before: { state: 'succeeded' } } });
  });

  it('whatever happens: nothing of the release before the hook, nothing promoted without the other, and an abort reaches the stable one', () => {
    const strategy = fc.constantFrom<Strategy[]>(
      { type: 'rolling' },
      { type: 'recreate', rollbackOnFailure: false },
      { type: 'blueGreen' },
      { type: 'canary', steps: [{ setWeight: 10 }, { pause: {} }] },
    );
    const event = fc.oneof<fc.Arbitrary<RolloutEvent | HookEvent>[]>(
      fc.constant({ type: 'started' }),
      fc.constant({ type: 'applied' }),
      fc.constant(seen),
      fc.constant(seen),
      fc.constant({ type: 'refused', message: 'no' }),
      fc.constantFrom('promote', 'promote-full', 'pause', 'resume').map((command) => ({ type: 'command', command })),
      fc
        .tuple(fc.constantFrom('before', 'after'), fc.constantFrom('running', 'succeeded', 'succeeded', 'failed'))
        .map(([hook, state]) => hooked(hook, state)),
    );
    fc.assert(
      fc.property(strategy, fc.array(event, { maxLength: 40 }), (given, events) => {
        let rollout = make(given);
        for (const [second, next] of events.entries()) {
          const { rollout: after, actions } = decide(rollout, next, later(second));
          const isReady = after.hooks.before?.state === 'succeeded';
          if (actions.some((action) => action.do === 'apply')) expect(isReady).toBe(true);
          if (after.state === 'healthy') expect(after.hooks.after?.state).toBe('succeeded');
          // A replay decides the same.
          if (next.type === 'hooked' && next.outcome.state === 'running')
            expect(decide(after, next, later(second)).rollout).toEqual(after);
          rollout = after;
        }
        if (rollout.state === 'healthy') return;
        rollout = play(rollout, abort, { type: 'applied' }, seen).rollout;
        expect(isFinal(rollout)).toBe(true);
        expect(rollout.hooks.before?.state !== 'succeeded' || isOnPrevious(rollout)).toBe(true);
        expect(stepsOf(rollout).every(({ state }) => state !== 'running' && state !== 'pending')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

it('a pod says how it ended', () => {
  const pod = (status: object) => ({ metadata: { uid: 'u' }, status }) as Parameters<typeof readHookPod>[0];
  expect(readHookPod(pod({ phase: 'Succeeded' }))).toEqual({ state: 'succeeded', message: null, uid: 'u' });
  const state = { terminated: { exitCode: 3 } };
  expect(readHookPod(pod({ phase: 'Failed', containerStatuses: [{ state }] })).message).toBe('it exited with code 3.');
  expect(readHookPod(pod({ phase: 'Failed', reason: 'DeadlineExceeded' })).message).toBe('it was not done in time.');
  const waiting = { reason: 'ImagePullBackOff', message: 'gone' };
  expect(readHookPod(pod({ phase: 'Pending', containerStatuses: [{ state: { waiting } }] }))).toMatchObject({
    state: 'failed',
    message: 'the image cannot be pulled: gone',
  });
  expect(tailOf(` ${'x'.repeat(2_000)}\n`)).toHaveLength(1_001);
});
