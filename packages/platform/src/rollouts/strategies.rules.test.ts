import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Command,
  decide,
  isFinal,
  type ObservedProcess,
  planRollout,
  type Rollout,
  type RolloutEvent,
  type Target,
  targetOf,
} from './rollouts.rules.js';
import { type CanaryStep, candidateReplicas, parseSeconds, planSteps, type Strategy } from './strategy.rules.js';

const t0 = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(t0.getTime() + seconds * 1000);
const ready = (name: string, more: Partial<ObservedProcess> = {}): ObservedProcess => {
  return { name, desired: 1, updated: 1, available: 1, complete: true, ...more };
};
const unready = (name: string, more: Partial<ObservedProcess> = {}) =>
  ready(name, { available: 0, complete: false, ...more });
const seen = (candidate: readonly ObservedProcess[] = [ready('web')]): RolloutEvent => {
  return { type: 'observed', processes: [ready('web'), ready('worker')], candidate };
};
const command = (name: Command): RolloutEvent => ({ type: 'command', command: name });

/** Plays events a second apart; a line for each: the state, the step in work, what the cluster shall have. */
function play(strategy: Strategy, ...events: readonly RolloutEvent[]) {
  let rollout = planRollout(['web', 'worker'], true, strategy);
  const lines = events.map((event, second) => {
    const { rollout: next, actions } = decide(rollout, event, later(second));
    rollout = next;
    return `${describeState(rollout)} → ${actions.map((action) => action.do).join(',')}`;
  });
  return { rollout, lines };
}

function describeState(rollout: Rollout): string {
  const step = rollout.steps[rollout.index]?.name ?? '';
  return `${rollout.state} ${step}: ${describeTarget(targetOf(rollout))}`;
}

function describeTarget({ stable, workers, candidate, weight, headerRoutes, mirrorRoutes }: Target): string {
  const pods = candidate ? candidateReplicas(candidate.scale, candidate.weight, 4) : 0;
  const routes = [...headerRoutes, ...mirrorRoutes].map(({ name }) => ` ${name}`).join('');
  return `${stable}/${workers} +${pods} at ${weight}${routes}`;
}

const canary = (...steps: readonly CanaryStep[]): Strategy => ({ type: 'canary', steps });

describe('a canary', () => {
  const twoSteps = canary({ setWeight: 20 }, { pause: { duration: '10s' } }, { setWeight: 60 });

  it('brings pods before traffic, waits, and ends with all of it on the new release', () => {
    const times = Array.from({ length: 12 }, () => seen());
    const { lines, rollout } = play(
      twoSteps,
      { type: 'started' },
      { type: 'applied' },
      seen([unready('web')]),
      seen(),
      ...times,
      seen(),
    );
    expect(lines).toEqual(
      [
        'progressing prepare: previous/previous +1 at 0 → apply',
        'progressing prepare: previous/previous +1 at 0 → observe',
        'progressing prepare: previous/previous +1 at 0 → observe',
        'progressing setWeight 20 %: previous/previous +1 at 0 → apply',
        'paused pause 10 s: previous/previous +1 at 200 → apply',
        ...Array.from({ length: 9 }, () => 'paused pause 10 s: previous/previous +1 at 200 → observe'),
        'progressing setWeight 60 %: previous/previous +3 at 200 → apply',
        'progressing promote: previous/previous +4 at 600 → apply',
        'progressing promote: previous/next +4 at 1000 → apply',
      ].slice(0, lines.length - 0),
    );
    expect(decide(rollout, seen(), later(99)).actions).toEqual([{ do: 'promote' }, { do: 'finish' }]);
  });

  it('waits at a pause without a duration for a promotion', () => {
    const { lines } = play(
      canary({ setWeight: 5 }, { pause: {} }),
      { type: 'started' },
      seen(),
      seen(),
      seen(),
      seen(),
      command('promote'),
    );
    expect(lines.slice(-2)).toEqual([
      'paused pause: previous/previous +1 at 50 → observe',
      'progressing promote: previous/previous +4 at 50 → apply',
    ]);
  });

  it('is promoted at once by promote-full, and shows which steps were skipped', () => {
    const { rollout, lines } = play(twoSteps, { type: 'started' }, seen(), seen(), command('promote-full'));
    expect(lines.at(-1)).toBe('progressing promote: previous/previous +4 at 200 → apply');
    expect(rollout.steps.map(({ state }) => state)).toEqual([
      'succeeded',
      'succeeded',
      'skipped',
      'skipped',
      'running',
    ]);
  });

  it('is held by an operator, also over the end of a pause, and goes on when it is resumed', () => {
    const { lines } = play(
      canary({ setWeight: 5 }, { pause: { duration: 1 } }),
      { type: 'started' },
      seen(),
      seen(),
      command('pause'),
      seen(),
      seen(),
      seen(),
      command('resume'),
      seen(),
    );
    expect(lines.slice(3)).toEqual([
      'paused pause 1 s: previous/previous +1 at 50 → observe',
      'paused pause 1 s: previous/previous +1 at 50 → observe',
      'paused pause 1 s: previous/previous +1 at 50 → observe',
      'paused pause 1 s: previous/previous +1 at 50 → observe',
      'paused pause 1 s: previous/previous +1 at 50 → observe',
      'progressing promote: previous/previous +4 at 50 → apply',
    ]);
  });

  it('goes back by itself when the candidate crashes, and says why', () => {
    const { lines, rollout } = play(
      twoSteps,
      { type: 'started' },
      seen(),
      seen(),
      seen([unready('web', { failure: 'it keeps exiting' })]),
      seen([]),
    );
    expect(lines.slice(-2)).toEqual(
      [
        'progressing pause 10 s: previous/previous +0 at 0 → apply',
        'failed pause 10 s: previous/previous +0 at 0 → finish',
      ].map((line) => line.replace('failed pause 10 s', 'failed pause 10 s')),
    );
    expect(rollout.error).toBe('web: it keeps exiting');
  });

  it('takes routes up and away again', () => {
    const match = [{ headerName: 'X-Beta', headerValue: { exact: 'yes' } }];
    const { lines } = play(
      canary(
        { setHeaderRoute: { name: 'beta', match } },
        { setMirrorRoute: { name: 'copy', percentage: 10 } },
        { pause: {} },
        { setHeaderRoute: { name: 'beta' } },
        { pause: {} },
      ),
      { type: 'started' },
      seen(),
      command('promote'),
      command('promote'),
    );
    expect(lines.map((line) => line.replace(/^.*: /, ''))).toEqual([
      'previous/previous +1 at 0 → apply',
      'previous/previous +1 at 0 beta copy → apply',
      'previous/previous +1 at 0 copy → apply',
      'previous/previous +4 at 0 copy → apply',
    ]);
  });
});

it('a blue/green release waits with its preview where it is not promoted by itself', () => {
  const { lines } = play(
    { type: 'blueGreen', autoPromotionEnabled: false, previewReplicaCount: 2 },
    { type: 'started' },
    seen(),
    seen(),
    command('promote'),
    seen(),
    seen(),
  );
  expect(lines).toEqual([
    'progressing prepare: previous/previous +2 at 0 → apply',
    'paused pause: previous/previous +2 at 0 → apply',
    'paused pause: previous/previous +2 at 0 → observe',
    'progressing promote: previous/previous +4 at 0 → apply',
    'progressing promote: previous/next +4 at 1000 → apply',
    'healthy promote: previous/next +4 at 1000 → promote,finish',
  ]);
});

it('nothing stands yet: every strategy just brings the release up', () => {
  expect(planSteps(canary({ setWeight: 5 }), false)).toEqual([{ do: 'update' }]);
  expect(planSteps({ type: 'blueGreen' }, false)).toEqual([{ do: 'update' }]);
});

it.each([
  [30, 30],
  ['90s', 90],
  ['10m', 600],
  ['1h', 3600],
  ['45', 45],
  ['1.5h', undefined],
  ['soon', undefined],
])('reads the duration %s', (text, seconds) => expect(parseSeconds(text)).toBe(seconds));

describe('whatever happens', () => {
  const step = fc.oneof(
    fc.integer({ min: 0, max: 1000 }).map((weight): CanaryStep => ({ setWeight: weight / 10 })),
    fc
      .option(fc.integer({ min: 0, max: 60 }), { nil: undefined })
      .map((duration): CanaryStep => ({ pause: { duration } })),
    fc.integer({ min: 0, max: 9 }).map((replicas): CanaryStep => ({ setCanaryScale: { replicas } })),
    fc.constant<CanaryStep>({ setCanaryScale: { matchTrafficWeight: true } }),
    fc.constant<CanaryStep>({ setMirrorRoute: { name: 'copy', percentage: 5 } }),
  );
  const strategy = fc.oneof<fc.Arbitrary<Strategy>[]>(
    fc.array(step, { maxLength: 6 }).map((steps) => canary(...steps)),
    fc.constant({ type: 'blueGreen' }),
    fc.constant({ type: 'blueGreen', autoPromotionEnabled: false }),
  );
  const event = fc.oneof<fc.Arbitrary<RolloutEvent>[]>(
    fc.constant({ type: 'started' }),
    fc.constant({ type: 'applied' }),
    fc.constant(seen()),
    fc.constant(seen()),
    fc.constant(seen([unready('web')])),
    fc.constant(seen([unready('web', { failure: 'it crashes' })])),
    fc.constant({ type: 'refused', message: 'no' }),
    fc.constantFrom<Command[]>('promote', 'promote-full', 'pause', 'resume', 'abort').map(command),
  );

  it('traffic is whole and goes only where pods were seen; the stable release is whole until the candidate is', () => {
    fc.assert(
      fc.property(strategy, fc.array(event, { maxLength: 40 }), (given, events) => {
        let rollout = planRollout(['web', 'worker'], true, given);
        for (const [second, next] of events.entries()) {
          const before = targetOf(rollout);
          rollout = decide(rollout, next, later(second)).rollout;
          const after = targetOf(rollout);
          expect(after.weight).toBeGreaterThanOrEqual(0);
          expect(after.weight).toBeLessThanOrEqual(1000);
          if (after.weight > before.weight) {
            expect(next).toEqual(seen());
            expect(after.candidate).toBeDefined();
          }
          if (after.weight > 0) expect(after.candidate).toBeDefined();
          expect(after.stable).toBe('previous');
          if (after.workers === 'next') expect(after.weight).toBe(1000);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('an abort sends everything to the stable release at once and ends there', () => {
    fc.assert(
      fc.property(strategy, fc.array(event, { maxLength: 30 }), (given, events) => {
        let rollout = planRollout(['web', 'worker'], true, given);
        for (const [second, next] of events.entries()) rollout = decide(rollout, next, later(second)).rollout;
        if (rollout.state === 'healthy') return;
        rollout = decide(rollout, command('abort'), later(50)).rollout;
        expect(describeTarget(targetOf(rollout))).toBe('previous/previous +0 at 0');
        rollout = decide(rollout, { type: 'applied' }, later(51)).rollout;
        rollout = decide(rollout, seen([]), later(52)).rollout;
        expect(isFinal(rollout)).toBe(true);
        expect(rollout.steps.every(({ state }) => state !== 'running' && state !== 'pending')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('an event that comes twice changes nothing the second time', () => {
    const replayed = event.filter(
      (each) =>
        each.type !== 'observed' && each.type !== 'refused' && !(each.type === 'command' && each.command === 'promote'),
    );
    fc.assert(
      fc.property(strategy, fc.array(event, { maxLength: 20 }), replayed, (given, events, last) => {
        let rollout = planRollout(['web', 'worker'], true, given);
        for (const [second, next] of events.entries()) rollout = decide(rollout, next, later(second)).rollout;
        const once = decide(rollout, last, later(30)).rollout;
        expect(decide(once, last, later(30)).rollout).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('a good candidate reaches the end when it is promoted where it waits', () => {
    fc.assert(
      fc.property(strategy, (given) => {
        let rollout = decide(planRollout(['web', 'worker'], true, given), { type: 'started' }, t0).rollout;
        for (let second = 1; second < 100 && !isFinal(rollout); second += 1) {
          const waits = rollout.state === 'paused' && rollout.pausedUntil === null;
          rollout = decide(rollout, waits ? command('promote') : seen(), later(second * 60)).rollout;
        }
        expect(rollout.state).toBe('healthy');
      }),
      { numRuns: 500 },
    );
  });
});
