import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest } from '../api-error.js';
import { type RequestInfo, requestInfoOf } from './request-info.js';

/** A request and its answer on their way through the front. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Without the query. */
  readonly pathname: string;
  readonly query: URLSearchParams;
  /** From performance.now(). */
  readonly started: number;
  /** Known as soon as the path could be read. */
  info: RequestInfo | undefined;
  /** What is asked for is a resource of this server. */
  isServed: boolean;
}

export interface Address {
  readonly pathname: string;
  readonly query: URLSearchParams;
}

const plainPath = /^\/(?!\/)[^?#\\]*(\?[^#]*)?$/;

/** The path and the query of a request's target. Throws 400 for one that is none. */
export function addressOf(target: string | undefined): Address {
  const text = target ?? '/';
  // Dots are resolved and strange targets judged by the parser; the usual path needs neither.
  if (plainPath.test(text) && !text.includes('/.')) {
    const mark = text.indexOf('?');
    return mark < 0
      ? { pathname: text, query: new URLSearchParams() }
      : { pathname: text.slice(0, mark), query: new URLSearchParams(text.slice(mark + 1)) };
  }
  try {
    const { pathname, searchParams } = new URL(text, 'https://localhost');
    return { pathname, query: searchParams };
  } catch {
    throw badRequest('the target of the request is not a path');
  }
}

export function openExchange(request: IncomingMessage, response: ServerResponse, address: Address): Exchange {
  return { request, response, ...address, started: performance.now(), info: undefined, isServed: false };
}

/** What a request asks for, from its path. Throws 400 for a path that is not one. */
export function infoOf(request: Pick<IncomingMessage, 'method'>, { pathname, query }: Address): RequestInfo {
  return requestInfoOf(request.method ?? 'GET', pathname, segments(pathname), query);
}

/** Decoded path segments; throws 400 for a path that is not one. */
function segments(pathname: string): string[] {
  const parts = pathname.split('/').filter((each) => each !== '');
  if (!pathname.includes('%')) return parts;
  try {
    return parts.map(decodeURIComponent);
  } catch {
    throw badRequest('the path is not properly encoded');
  }
}
