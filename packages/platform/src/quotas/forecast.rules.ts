/** `at` in milliseconds since 1970. */
export interface Sample {
  readonly at: number;
  readonly used: number;
}

export type Forecast =
  /** Fewer samples than a statement can rest on. */
  | { readonly state: 'not-enough-data' }
  /** Flat or falling, or not full before the period ends. */
  | { readonly state: 'steady' }
  | { readonly state: 'full' }
  /** Days until full; the true growth lies between the edges with 80 % probability. `latestDays` null: maybe never. */
  | {
      readonly state: 'filling';
      readonly days: number;
      readonly earliestDays: number;
      readonly latestDays: number | null;
    };

const leastSamples = 12;
const leastSpanMilliseconds = 24 * 3_600_000;
const mostSamples = 120;
const dayMilliseconds = 24 * 3_600_000;
/** Of the standard normal distribution, for 80 % on both sides. */
const z80 = 1.2816;
const furthestDays = 3650;

/**
 * When `limit` is reached if use goes on as it did: the line by Theil and Sen (the median of the slopes between all pairs), which a
 * few outliers do not move, with an interval by Kendall's variance. The line starts at the last sample.
 */
export function forecast(samples: readonly Sample[], limit: number, periodEndsAt?: number): Forecast {
  const points = thin([...samples].sort((a, b) => a.at - b.at));
  const [first, last] = [points[0], points.at(-1)];
  if (last && last.used >= limit) return { state: 'full' };
  if (!first || !last || points.length < leastSamples || last.at - first.at < leastSpanMilliseconds)
    return { state: 'not-enough-data' };
  const slopes = pairs(points)
    .map(([a, b]) => (b.used - a.used) / ((b.at - a.at) / dayMilliseconds))
    .sort((a, b) => a - b);
  const count = points.length;
  const half = (z80 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)) / 2;
  const at = (index: number) => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(index)))] ?? 0;
  const middle = (slopes.length - 1) / 2;
  const slope = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  const days = (perDay: number) => (perDay > 0 ? (limit - last.used) / perDay : Number.POSITIVE_INFINITY);
  const expected = days(slope);
  const endsInDays = periodEndsAt === undefined ? furthestDays : (periodEndsAt - last.at) / dayMilliseconds;
  if (expected > Math.min(furthestDays, endsInDays)) return { state: 'steady' };
  const latest = days(at(middle - half));
  return {
    state: 'filling',
    days: round(expected),
    earliestDays: round(days(at(middle + half))),
    latestDays: latest > furthestDays ? null : round(latest),
  };
}

const round = (days: number): number => Math.round(days * 10) / 10;

/** At most so many, evenly picked, with the first and the last. */
function thin(points: readonly Sample[]): readonly Sample[] {
  if (points.length <= mostSamples) return points;
  const step = (points.length - 1) / (mostSamples - 1);
  return Array.from({ length: mostSamples }, (_, index) => points[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  );
}

function pairs(points: readonly Sample[]): readonly (readonly [Sample, Sample])[] {
  return points.flatMap((a, index) => points.slice(index + 1).flatMap((b) => (b.at > a.at ? [[a, b] as const] : [])));
}
