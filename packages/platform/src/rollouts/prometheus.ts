import { anySignal } from '../kernel/clock/any-signal.js';

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
