import { describe, expect, test } from 'vitest';
import type { Freeze } from '../../lib/contract';
import { emptyFreeze, formatLength, freezeSchema, toFreezeChange, toFreezeForm, toNewFreeze } from './freeze-form';

const weekends = { ...emptyFreeze('Europe/Berlin'), name: 'weekends', reason: 'Nobody is there.' };

describe('a freeze as it is typed', () => {
  test('one that comes again has a schedule, hours as seconds, and a zone', () => {
    expect(toNewFreeze({ ...weekends, projects: 'shop, web', applications: '' })).toEqual({
      name: 'weekends',
      reason: 'Nobody is there.',
      cron: '0 16 * * 5',
      durationSeconds: 223_200,
      timeZone: 'Europe/Berlin',
      environmentKinds: ['production'],
      projects: ['shop', 'web'],
      applications: [],
      allowRollback: true,
    });
  });

  test('one of one time has its ends as moments, and no schedule', () => {
    const once = toNewFreeze({ ...weekends, kind: 'once', from: '2026-12-20T08:00', to: '2026-12-27T08:00' });
    expect(once).not.toHaveProperty('cron');
    expect(once.startsAt).toBe(new Date('2026-12-20T08:00').toISOString());
  });

  test('what its kind needs must be there', () => {
    const paths = (form: object) => freezeSchema.safeParse(form).error?.issues.map(({ path }) => path.join('.'));
    expect(paths({ ...weekends, cron: '' })).toEqual(['cron']);
    expect(paths({ ...weekends, kind: 'once' })).toEqual(['from', 'to']);
    expect(paths({ ...weekends, kind: 'once', cron: '', from: 'x', to: 'y' })).toBeUndefined();
  });

  test('one that there is comes out as it went in; what its former kind needed is taken away', () => {
    const { name, ...asked } = toNewFreeze(weekends);
    const given = { ...asked, name, startsAt: null, endsAt: null } as Freeze;
    const form = toFreezeForm(given, 'UTC');
    expect(toFreezeChange(form, given)).toEqual(asked);
    const once = { ...form, kind: 'once' as const, from: '2026-12-20T08:00', to: '2026-12-27T08:00' };
    const changed = toFreezeChange(once, given);
    expect(changed).toMatchObject({ cron: null, durationSeconds: null, startsAt: new Date(once.from).toISOString() });
    const back = { ...given, cron: null, durationSeconds: null, startsAt: changed.startsAt, endsAt: changed.endsAt };
    expect(toFreezeForm(back as Freeze, 'UTC')).toMatchObject({ kind: 'once', from: once.from, to: once.to });
    expect(toFreezeChange(form, back as Freeze)).toMatchObject({ cron: '0 16 * * 5', startsAt: null, endsAt: null });
  });

  test('a length is read in days, hours and minutes', () => {
    expect(formatLength(223_200)).toBe('2 d 14 h');
    expect(formatLength(5400)).toBe('1 h 30 min');
  });
});
