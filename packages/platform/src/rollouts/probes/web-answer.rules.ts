import { findAt } from './json-path.rules.js';
import type { Outcome } from './probe.rules.js';

/** Where a probe says nothing else. */
export const usualTimeoutSeconds = 10;
/** No more of an answer is looked at. */
export const mostBytes = 256 * 1024;

export const isGood = (status: number): boolean => status >= 200 && status < 300;

/** The JSON of a 2xx answer, or what `jsonPath` names of it; without a path a text that is no JSON is its own result. */
export function readAnswer(
  { status, body }: { readonly status: number; readonly body: Buffer },
  jsonPath: string | undefined,
): Outcome {
  if (!isGood(status)) return { type: 'error', message: `It answered ${status}.` };
  const text = body.toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    return { type: 'value', value: jsonPath === undefined ? value : findAt(value, jsonPath) };
  } catch {
    return jsonPath === undefined
      ? { type: 'value', value: text }
      : { type: 'error', message: 'Its answer is no JSON.' };
  }
}
