import type { Counters } from './readings.rules.js';

/**
 * Requests that have waited too long for an answer and still do. The counters tell of a request only when it ends, and a release
 * that hangs ends none: so what waits is looked at, too. From how many waited a while ago, and how many have left since (answered,
 * failed or given up), follows how many of them must still be there, however the others came and went.
 */
export interface WaitingLook {
  readonly at: string;
  readonly waiting: number;
  /** That no longer wait, since the counting began. */
  readonly left: number;
}

/** What was counted before it ended. */
export interface Overdue {
  /** Of the bad ones and of all: counted and not ended. */
  readonly bad: number;
  readonly requests: number;
}

interface Tally {
  readonly requests: number;
  readonly bad: number;
}

/** The series are read every second: so much older may a look be than it seems. */
const readingSeconds = 1;
/** So long looks are kept past the bound of what is slow. */
const spareSeconds = 4;
/**
 * Where about as many wait as leave, chance alone shows some of the smaller side as overdue and none of the larger one: what is
 * within so many standard deviations is not counted.
 */
const deviations = 4;

/** Undefined where the gateway does not tell. */
export function toWaitingLook({ waiting, begun = 0, codes }: Counters, now: Date): WaitingLook | undefined {
  if (waiting === undefined) return undefined;
  const unanswered = Object.entries(codes).filter(([code]) => Number(code) >= 499);
  return { at: now.toISOString(), waiting, left: unanswered.reduce((sum, [, count]) => sum + count, begun) };
}

/** The looks with the newest, without those that are too old to tell anything; begun anew where the counting was. */
export function keepLooks(
  looks: readonly WaitingLook[],
  next: WaitingLook | undefined,
  slowSeconds: number,
): readonly WaitingLook[] {
  if (!next) return [];
  const last = looks.at(-1);
  if (last && next.left < last.left) return [next];
  const oldest = slowSeconds + readingSeconds + spareSeconds;
  return [...looks.filter((look) => secondsBetween(look, next) <= oldest), next];
}

/** How many have waited for longer than that, at least; undefined while no look is old enough to say. */
export function countOverdue(looks: readonly WaitingLook[], slowSeconds: number): number | undefined {
  const now = looks.at(-1);
  if (!now) return undefined;
  const counts = looks
    .filter((look) => secondsBetween(look, now) > slowSeconds + readingSeconds)
    .map(({ waiting, left }) => {
      const gone = now.left - left;
      return Math.floor(waiting - gone - deviations * Math.sqrt(waiting + gone));
    });
  return counts.length === 0 ? undefined : Math.min(now.waiting, Math.max(0, ...counts));
}

const secondsBetween = (before: WaitingLook, after: WaitingLook): number =>
  (Date.parse(after.at) - Date.parse(before.at)) / 1000;

/**
 * What a look adds, of what has ended (`fresh`) and of what is overdue: each request counts once, when it is first known to be bad.
 * What waited when the looking began (`before`) is nobody's fault.
 */
export function addOverdue(
  fresh: Tally,
  overdue: number | undefined,
  known: Overdue | undefined,
  before: number,
): { readonly tally: Tally; readonly known: Overdue | undefined } {
  if (overdue === undefined) {
    if (!known) return { tally: fresh, known };
    const ended = (counted: number, now: number) => Math.max(0, counted - now);
    const tally = { requests: ended(fresh.requests, known.requests), bad: ended(fresh.bad, known.bad) };
    return {
      tally,
      known: { requests: ended(known.requests, fresh.requests), bad: ended(known.bad, fresh.bad) },
    };
  }
  const counted = known ?? { requests: Math.min(overdue, before), bad: Math.min(overdue, before) };
  const requests = Math.max(0, fresh.requests + overdue - counted.requests);
  const bad = Math.min(requests, Math.max(0, fresh.bad + overdue - counted.bad));
  return {
    tally: { requests, bad },
    known: {
      requests: Math.max(0, counted.requests + requests - fresh.requests),
      bad: Math.max(0, counted.bad + bad - fresh.bad),
    },
  };
}
