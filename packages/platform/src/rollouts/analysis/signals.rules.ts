import { ofServices, type Range, type RangeSeries } from '../prometheus.js';

/** What the gateway saw of a release at a time; null where nothing was measured, or where there is nothing to divide by. */
export interface SignalPoint {
  readonly requestsPerSecond: number;
  /** Of all requests, those with a status of 500 and above. */
  readonly errorPercent: number | null;
  readonly p50Milliseconds: number | null;
  readonly p99Milliseconds: number | null;
  /** Requests without an answer yet: how busy its pods are. */
  readonly waiting: number | null;
}

const mostPoints = 240;
/** A window must hold several readings, which are a second apart. */
const leastStepSeconds = 5;
const leastWindowSeconds = 10;
/** So much is shown of the time before and after. */
const marginSeconds = 60;

/** From a minute before it began to a minute after its end, or to now. */
export function spanOf(begun: Date, finished: Date | null, now: Date): Range {
  const toSeconds = (time: number) => Math.floor(time / 1000);
  const start = toSeconds(begun.getTime()) - marginSeconds;
  const end = Math.min(toSeconds(now.getTime()), finished ? toSeconds(finished.getTime()) + marginSeconds : Infinity);
  const seconds = Math.max(leastStepSeconds, end - start);
  const stepSeconds = Math.max(leastStepSeconds, Math.ceil(seconds / (mostPoints - 1)));
  return { start, stepSeconds, count: Math.floor(seconds / stepSeconds) + 1 };
}

/** All signals of these Services together, in one query. */
export function signalsQuery(namespace: string, services: readonly string[], { stepSeconds }: Range): string {
  const selector = ofServices(namespace, services);
  const window = `[${Math.max(leastWindowSeconds, stepSeconds)}s]`;
  const buckets = `sum by (le) (rate(slipway_gateway_request_duration_seconds_bucket{${selector}}${window}))`;
  const signals = {
    requests: `sum by (code) (rate(slipway_gateway_requests_total{${selector}}${window}))`,
    p50: `histogram_quantile(0.5, ${buckets})`,
    p99: `histogram_quantile(0.99, ${buckets})`,
    waiting: `sum(avg_over_time(slipway_gateway_requests_waiting{${selector}}${window}))`,
  };
  return Object.entries(signals)
    .map(([signal, expression]) => `label_replace(${expression}, "signal", "${signal}", "", "")`)
    .join(' or ');
}

/** What the query found, one point for each place of the range. */
export function toPoints(series: readonly RangeSeries[], { count }: Range): readonly (SignalPoint | null)[] {
  const of = (signal: string) => series.filter(({ labels }) => labels['signal'] === signal);
  const requests = of('requests');
  return Array.from({ length: count }, (_, index) => {
    const counted = requests.flatMap(({ labels, values }) => {
      const rate = values.get(index);
      return rate === undefined ? [] : [{ rate, isBad: Number(labels['code']) >= 500 }];
    });
    const sumOf = (rates: typeof counted) => rates.reduce((sum, { rate }) => sum + rate, 0);
    const number = (signal: string) => {
      const value = of(signal)[0]?.values.get(index);
      return value === undefined || !Number.isFinite(value) ? undefined : value;
    };
    const waiting = number('waiting');
    if (counted.length === 0 && waiting === undefined) return null;
    const all = sumOf(counted);
    const milliseconds = (signal: string) => toPlaces((number(signal) ?? Number.NaN) * 1000, 1);
    return {
      requestsPerSecond: toPlaces(all, 2) ?? 0,
      errorPercent: all === 0 ? null : toPlaces((sumOf(counted.filter(({ isBad }) => isBad)) / all) * 100, 2),
      p50Milliseconds: milliseconds('p50'),
      p99Milliseconds: milliseconds('p99'),
      waiting: waiting === undefined ? null : toPlaces(waiting, 1),
    };
  });
}

const toPlaces = (value: number, places: number): number | null =>
  Number.isNaN(value) ? null : Number(value.toFixed(places));
