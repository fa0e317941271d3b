import { CronExpressionParser } from 'cron-parser';

/** When a freeze is on: again and again (`cron` and `durationSeconds`), or once, from `startsAt` to `endsAt`. */
export interface FreezeSchedule {
  /** Five fields, in the time zone. */
  readonly cron: string | null;
  readonly durationSeconds: number | null;
  /** IANA, e.g. Europe/Berlin. */
  readonly timeZone: string;
  /** With `cron`: not before, and not after. */
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

/** What a freeze is about; an empty list is all of them. */
export interface FreezeSelectors {
  readonly projects: readonly string[];
  readonly environmentKinds: readonly string[];
  readonly applications: readonly string[];
}

export interface FreezePlace {
  readonly project: string;
  readonly environmentKind: string;
  readonly application: string;
}

export interface FreezeWindow {
  readonly from: Date;
  readonly until: Date;
}

const has = (names: readonly string[], name: string): boolean => names.length === 0 || names.includes(name);

export const concerns = (freeze: FreezeSelectors, place: FreezePlace): boolean =>
  has(freeze.projects, place.project) &&
  has(freeze.environmentKinds, place.environmentKind) &&
  has(freeze.applications, place.application);

/** The window that `now` is in: it has begun and is not over. */
export function windowAt(schedule: FreezeSchedule, now: Date): FreezeWindow | undefined {
  const { cron, durationSeconds, timeZone, startsAt, endsAt } = schedule;
  if (cron === null || durationSeconds === null) {
    if (!startsAt || !endsAt) return undefined;
    return startsAt <= now && now < endsAt ? { from: startsAt, until: endsAt } : undefined;
  }
  // The parser gives what lies before: a window that begins at this very moment has begun.
  const from = parse(cron, timeZone, new Date(now.getTime() + 1))
    ?.prev()
    .toDate();
  const window = from && bounded(schedule, from, durationSeconds);
  return window && window.from <= now && now < window.until ? window : undefined;
}

/** The next window that begins after `now`. */
export function nextWindow(schedule: FreezeSchedule, now: Date): FreezeWindow | undefined {
  const { cron, durationSeconds, timeZone, startsAt, endsAt } = schedule;
  if (cron === null || durationSeconds === null) {
    return startsAt && endsAt && now < startsAt ? { from: startsAt, until: endsAt } : undefined;
  }
  const after = startsAt && startsAt > now ? new Date(startsAt.getTime() - 1) : now;
  const from = parse(cron, timeZone, after)?.next().toDate();
  return from && bounded(schedule, from, durationSeconds);
}

function bounded({ startsAt, endsAt }: FreezeSchedule, from: Date, seconds: number): FreezeWindow | undefined {
  const until = new Date(from.getTime() + seconds * 1000);
  const window = { from, until: endsAt && endsAt < until ? endsAt : until };
  return (startsAt && from < startsAt) || window.until <= window.from ? undefined : window;
}

/** Why a schedule cannot be; undefined where it can. */
export function refuseSchedule(schedule: FreezeSchedule): string | undefined {
  const { cron, durationSeconds, timeZone, startsAt, endsAt } = schedule;
  if (!isTimeZone(timeZone)) return `${timeZone} is no time zone: give an IANA name such as Europe/Berlin.`;
  if (startsAt && endsAt && endsAt <= startsAt) return 'It ends before it begins.';
  if (cron === null) {
    if (durationSeconds !== null) return 'A duration is given with cron.';
    return startsAt && endsAt ? undefined : 'Give cron and durationSeconds, or startsAt and endsAt.';
  }
  if (durationSeconds === null) return 'Say with durationSeconds how long it is each time.';
  if (cron.trim().split(/\s+/).length !== 5) return 'cron has five fields: minute, hour, day, month, day of the week.';
  return parse(cron, timeZone, new Date(0)) ? undefined : `${cron} is no cron schedule.`;
}

function parse(cron: string, tz: string, currentDate: Date) {
  try {
    return CronExpressionParser.parse(cron, { tz, currentDate });
  } catch {
    return undefined;
  }
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
