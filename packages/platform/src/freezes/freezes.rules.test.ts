import { describe, expect, it } from 'vitest';
import { concerns, type FreezeSchedule, nextWindow, refuseSchedule, windowAt } from './freezes.rules.js';

const at = (text: string) => new Date(text);
const once: FreezeSchedule = {
  cron: null,
  durationSeconds: null,
  timeZone: 'UTC',
  startsAt: at('2026-12-20T00:00:00Z'),
  endsAt: at('2027-01-03T00:00:00Z'),
};
/** Fridays from four o'clock in Berlin, until Monday at six. */
const weekends: FreezeSchedule = {
  cron: '0 16 * * 5',
  durationSeconds: 62 * 3600,
  timeZone: 'Europe/Berlin',
  startsAt: null,
  endsAt: null,
};

describe('a freeze that is on once', () => {
  it.each([
    ['2026-12-19T23:59:59Z', false],
    ['2026-12-20T00:00:00Z', true],
    ['2027-01-02T23:59:59Z', true],
    ['2027-01-03T00:00:00Z', false],
  ])('at %s: %s', (now, isOn) => {
    expect(windowAt(once, at(now)) !== undefined).toBe(isOn);
  });

  it('is next until it has begun', () => {
    expect(nextWindow(once, at('2026-12-01T00:00:00Z'))).toEqual({ from: once.startsAt, until: once.endsAt });
    expect(nextWindow(once, at('2026-12-20T00:00:00Z'))).toBeUndefined();
  });
});

describe('a freeze by cron', () => {
  it.each([
    ['2026-11-20T14:59:59Z', undefined],
    ['2026-11-20T15:00:00Z', '2026-11-23T05:00:00.000Z'],
    ['2026-11-22T12:00:00Z', '2026-11-23T05:00:00.000Z'],
    ['2026-11-23T05:00:00Z', undefined],
    // In summer Berlin is two hours ahead.
    ['2026-07-03T13:59:59Z', undefined],
    ['2026-07-03T14:00:00Z', '2026-07-06T04:00:00.000Z'],
  ])('at %s ends at %s', (now, until) => {
    expect(windowAt(weekends, at(now))?.until.toISOString()).toBe(until);
  });

  it('begins again', () => {
    expect(nextWindow(weekends, at('2026-11-22T12:00:00Z'))?.from.toISOString()).toBe('2026-11-27T15:00:00.000Z');
  });

  it('is cut by its end, and not there before its start', () => {
    const bounded = { ...weekends, startsAt: at('2026-11-25T00:00:00Z'), endsAt: at('2026-11-28T00:00:00Z') };
    expect(windowAt(bounded, at('2026-11-22T12:00:00Z'))).toBeUndefined();
    expect(windowAt(bounded, at('2026-11-27T16:00:00Z'))?.until).toEqual(bounded.endsAt);
    expect(windowAt(bounded, at('2026-11-28T00:00:00Z'))).toBeUndefined();
    expect(nextWindow(bounded, at('2026-11-20T16:00:00Z'))?.from.toISOString()).toBe('2026-11-27T15:00:00.000Z');
    expect(nextWindow(bounded, at('2026-11-28T16:00:00Z'))).toBeUndefined();
  });
});

describe('a schedule', () => {
  it.each<[string, Partial<FreezeSchedule>, string | undefined]>([
    ['of cron and duration stands', weekends, undefined],
    ['from–to stands', once, undefined],
    ['needs one of them', { startsAt: null }, 'Give cron and durationSeconds, or startsAt and endsAt.'],
    ['by cron needs a duration', { cron: '0 0 * * *' }, 'Say with durationSeconds how long it is each time.'],
    ['without cron has no duration', { durationSeconds: 60 }, 'A duration is given with cron.'],
    [
      'has five fields',
      { ...weekends, cron: '* * * * * *' },
      'cron has five fields: minute, hour, day, month, day of the week.',
    ],
    ['is cron', { ...weekends, cron: '61 * * * *' }, '61 * * * * is no cron schedule.'],
    ['has days that there are', { ...weekends, cron: '0 0 30 2 *' }, '0 0 30 2 * is no cron schedule.'],
    ['ends after it begins', { endsAt: at('2026-12-20T00:00:00Z') }, 'It ends before it begins.'],
    [
      'has a time zone',
      { timeZone: 'Mars/Olympus' },
      'Mars/Olympus is no time zone: give an IANA name such as Europe/Berlin.',
    ],
  ])('%s', (_, change, refusal) => {
    expect(refuseSchedule({ ...once, ...change })).toBe(refusal);
  });
});

describe('what a freeze is about', () => {
  const place = { project: 'shop', environmentKind: 'production', application: 'web' };
  const all = { projects: [], environmentKinds: [], applications: [] };
  it.each([
    ['everything', {}, true],
    ['its project', { projects: ['shop'] }, true],
    ['another project', { projects: ['office'] }, false],
    ['its kind', { environmentKinds: ['staging', 'production'] }, true],
    ['another kind', { environmentKinds: ['staging'] }, false],
    ['all of them must hold', { projects: ['shop'], applications: ['api'] }, false],
  ])('%s', (_, selectors, expected) => {
    expect(concerns({ ...all, ...selectors }, place)).toBe(expected);
  });
});
