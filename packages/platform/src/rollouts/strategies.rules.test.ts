import { describe, expect, it } from 'vitest';
import { parseSeconds } from './duration.rules.js';
import { decide, targetOf } from './rollouts.rules.js';
import { planSteps, type Strategy } from './strategy.rules.js';
import { canary, command, later, play, seen, unready } from './testing/play.js';

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

describe('an A/B test', () => {
  const match = [{ cookies: [{ name: 'beta', value: '1' }] }];

  it('shows who matches the candidate for as long as it lasts, and then everybody', () => {
    const { lines } = play({ type: 'abTest', match, duration: 2 }, { type: 'started' }, seen(), seen(), seen(), seen());
    expect(lines).toEqual([
      'progressing prepare: previous/previous +4 at 0 → apply',
      'paused pause 2 s: previous/previous +4 at 0 ab-test → apply',
      'paused pause 2 s: previous/previous +4 at 0 ab-test → observe',
      'progressing promote: previous/previous +4 at 0 ab-test → apply',
      'progressing promote: previous/next +4 at 1000 → apply',
    ]);
  });

  it('waits for a promotion without a duration, and after it where that is asked', () => {
    const forever = play({ type: 'abTest', match, replicas: 2 }, { type: 'started' }, seen());
    expect(forever.lines.at(-1)).toBe('paused pause: previous/previous +2 at 0 ab-test → apply');
    const asked: Strategy = { type: 'abTest', match, duration: 1, autoPromotionEnabled: false };
    expect(play(asked, { type: 'started' }, seen(), seen(), seen()).lines.at(-1)).toBe(
      'paused pause: previous/previous +4 at 0 ab-test → observe',
    );
  });
});

describe('a mirror', () => {
  it('copies for as long as it lasts, and then promotes', () => {
    const { lines } = play(
      { type: 'mirror', percentage: 50, duration: '2s' },
      { type: 'started' },
      seen(),
      seen(),
      seen(),
      seen(),
    );
    expect(lines).toEqual([
      'progressing prepare: previous/previous +2 at 0 → apply',
      'paused pause 2 s: previous/previous +2 at 0 mirror → apply',
      'paused pause 2 s: previous/previous +2 at 0 mirror → observe',
      'progressing promote: previous/previous +4 at 0 mirror → apply',
      'progressing promote: previous/next +4 at 1000 → apply',
    ]);
  });

  it('ends its copies before it waits for a promotion', () => {
    const asked: Strategy = { type: 'mirror', percentage: 10, duration: 1, autoPromotionEnabled: false };
    expect(play(asked, { type: 'started' }, seen(), seen()).lines).toEqual([
      'progressing prepare: previous/previous +1 at 0 → apply',
      'paused pause 1 s: previous/previous +1 at 0 mirror → apply',
      'paused pause: previous/previous +1 at 0 → apply',
    ]);
  });
});

it('only blue/green has a preview, as long as the candidate is up', () => {
  const { rollout } = play({ type: 'blueGreen', autoPromotionEnabled: false }, { type: 'started' });
  expect(targetOf(rollout).hasPreview).toBe(true);
  expect(targetOf(decide(rollout, command('abort'), later(9)).rollout).hasPreview).toBeFalsy();
  expect(targetOf(play(canary({ setWeight: 5 }), { type: 'started' }).rollout).hasPreview).toBe(false);
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
