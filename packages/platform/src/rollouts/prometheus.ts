import { z } from 'zod';
import { anySignal } from '../kernel/clock/any-signal.js';

/** Selects the gateway's series of these Services. The names are ours and never a user's text. */
export const ofServices = (namespace: string, services: readonly string[]): string =>
  `namespace=${JSON.stringify(namespace)},service=~${JSON.stringify(services.join('|'))}`;

export interface PrometheusOptions {
  readonly timeoutMilliseconds: number;
  readonly ending?: AbortSignal;
  /** Of the answer. Default: 16 MiB. */
  readonly mostBytes?: number;
}

/** The answer of Prometheus was longer than wanted. */
export class AnswerTooLong extends Error {}

/**
 * What Prometheus answers to a query, refusals too: JSON that nobody has looked at. The address is the administrator's.
 * Throws where it is away or late, and `AnswerTooLong`.
 */
export async function askPrometheus(
  prometheusUrl: string,
  path: 'query' | 'query_range',
  parameters: Readonly<Record<string, string>>,
  { timeoutMilliseconds, ending, mostBytes = 16 << 20 }: PrometheusOptions,
): Promise<unknown> {
  const response = await fetch(`${prometheusUrl}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
    redirect: 'error',
    signal: anySignal([AbortSignal.timeout(timeoutMilliseconds), ...(ending ? [ending] : [])]),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw new AnswerTooLong();
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** From `start` to `start + (count - 1) × stepSeconds`, in seconds since 1970. */
export interface Range {
  readonly start: number;
  readonly stepSeconds: number;
  readonly count: number;
}

/** One of the series that were found, with a number for each place of the range at which it has one. */
export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<number, number>;
}

const matrixSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/** Throws as `askPrometheus` does, and where the query was refused. */
export async function askRange(
  prometheusUrl: string,
  query: string,
  { start, stepSeconds, count }: Range,
  options: PrometheusOptions,
): Promise<readonly RangeSeries[]> {
  const end = start + (count - 1) * stepSeconds;
  const range = { query, start: String(start), end: String(end), step: String(stepSeconds) };
  const { data } = matrixSchema.parse(await askPrometheus(prometheusUrl, 'query_range', range, options));
  return data.result.map(({ metric, values }) => ({
    labels: metric,
    values: new Map(values.map(([at, text]) => [Math.round((at - start) / stepSeconds), Number(text)])),
  }));
}
