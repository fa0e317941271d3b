/** What the gateway counted for one slot since it began to count: requests by status, and by the time they took. */
export interface Counters {
  readonly codes: Readonly<Record<string, number>>;
  /** By upper bound in seconds, `+Inf` included: requests that took as long or less. */
  readonly buckets: Readonly<Record<string, number>>;
  /** Requests that have no answer yet, and how many answers have begun; of gateways that tell of it. */
  readonly waiting?: number;
  readonly begun?: number;
}

export interface Readings {
  readonly candidate: Counters;
  readonly stable: Counters;
}

/**
 * What was added between two readings. A counter that is smaller than before began anew, so all of it is new; one that is
 * missing says nothing.
 */
export function added(before: Counters, after: Counters): Counters {
  const hasRestarted = [...shrunk(before.codes, after.codes), ...shrunk(before.buckets, after.buckets)].length > 0;
  const subtract = (old: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(now).map(([key, value]) => [key, Math.max(0, hasRestarted ? value : value - (old[key] ?? 0))]),
    );
  return { codes: subtract(before.codes, after.codes), buckets: subtract(before.buckets, after.buckets) };
}

function shrunk(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(after).flatMap(([key, value]) => (value < (before[key] ?? 0) ? [key] : []));
}

/** The later reading, with what it does not show as it was before. */
export function latest(before: Counters, after: Counters): Counters {
  return { codes: { ...before.codes, ...after.codes }, buckets: { ...before.buckets, ...after.buckets } };
}

export const requestsIn = ({ codes }: Counters): number => Object.values(codes).reduce((sum, each) => sum + each, 0);

/** Answered with a status of 500 and above, by the application or for it by the gateway. */
export const failuresIn = ({ codes }: Counters): number =>
  Object.entries(codes).reduce((sum, [code, count]) => (Number(code) >= 500 ? sum + count : sum), 0);

const boundsIn = ({ buckets }: Counters): readonly number[] =>
  Object.keys(buckets)
    .map((text) => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)))
    .filter((bound) => !Number.isNaN(bound))
    .sort((a, b) => a - b);

const upTo = ({ buckets }: Counters, bound: number): number =>
  Object.entries(buckets).find(
    ([text]) => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)) === bound,
  )?.[1] ?? 0;

/** How many requests were timed, and how many of them took longer than `bound` seconds (one of the histogram's). */
export function slowIn(counters: Counters, bound: number): { readonly requests: number; readonly slow: number } {
  const requests = upTo(counters, Number.POSITIVE_INFINITY);
  return { requests, slow: Math.max(0, requests - upTo(counters, bound)) };
}

/** The first bound of the histogram that is no less than this; undefined where there are none yet. */
export const boundFrom = (counters: Counters, seconds: number): number | undefined =>
  boundsIn(counters).find((bound) => bound >= seconds);

/**
 * What counts as slow where nobody said it: more than the bound above the one that 95 % of the requests keep (about twice as
 * long), and 100 ms at least. Undefined with fewer than `minimum` requests, and where no bound is left above.
 */
export function slowBound(counters: Counters, minimum: number): number | undefined {
  const bounds = boundsIn(counters);
  const requests = upTo(counters, Number.POSITIVE_INFINITY);
  if (requests < minimum || requests === 0) return undefined;
  const kept = bounds.findIndex((bound) => upTo(counters, bound) >= requests * 0.95);
  return bounds.slice(kept + 1).find((bound) => bound >= 0.1 && Number.isFinite(bound));
}
