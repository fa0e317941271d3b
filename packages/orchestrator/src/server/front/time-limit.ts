import type { ServerResponse } from 'node:http';
import { ApiError, badRequest } from '../api-error.js';
import type { RequestInfo } from './request-info.js';

const longVerbs = new Set(['watch', 'proxy']);
const longSubresources = new Set(['attach', 'exec', 'proxy', 'log', 'portforward']);

/** Requests that may stream for as long as the client likes. */
export function isLongRunning({ isResource, verb, subresource }: RequestInfo): boolean {
  return isResource && (longVerbs.has(verb) || longSubresources.has(subresource));
}

const unitMilliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** `1m30s`, `250ms`, `0`; undefined for what is none. */
function durationMilliseconds(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (!match) return undefined;
  let sum = 0;
  for (const [, number = '', unit = ''] of (match[2] ?? '').matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    sum += Number(number) * (unitMilliseconds[unit] ?? 0);
  return match[1] === '-' ? -sum : sum;
}

/** How long a request may take: what it says itself, if that is less than the server allows. Throws 400. */
export function timeLimitOf(query: URLSearchParams, maximumMilliseconds: number): number {
  const text = query.get('timeout') ?? '';
  if (text === '') return maximumMilliseconds;
  const asked = durationMilliseconds(text);
  if (asked === undefined)
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`);
  return asked > 0 && asked < maximumMilliseconds ? asked : maximumMilliseconds;
}

export interface TimeLimit {
  /** The client has had its answer; whatever the handler still says is not heard. */
  readonly isOver: boolean;
  clear(): void;
}

export const timedOut = () =>
  new ApiError(504, 'Timeout', 'Timeout: request did not complete within the allotted timeout', {});

/** Calls `onOver` unless the limit is cleared before. */
export function startTimeLimit(milliseconds: number, response: ServerResponse, onOver: () => void): TimeLimit {
  let isOver = false;
  const timer = setTimeout(() => {
    // An answer on its way to a slow client is the connection's matter.
    if (response.writableEnded) return;
    isOver = true;
    onOver();
  }, milliseconds);
  return {
    get isOver() {
      return isOver;
    },
    clear: () => clearTimeout(timer),
  };
}
