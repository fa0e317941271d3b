import { getConfig } from './config';
import { IssuerUnreachable } from './oidc';
import { problemResponse } from './problem-response';
import { findAccessToken, forgetSession } from './session';

export const csrfHeader = 'x-slipway-csrf';

const requestHeaders = [
  'accept',
  'accept-language',
  'content-type',
  'content-length',
  'if-match',
  'if-none-match',
  'idempotency-key',
  'last-event-id',
  'range',
  'user-agent',
  'x-request-id',
  'traceparent',
];
const droppedAnswerHeaders = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'set-cookie',
  'transfer-encoding',
  'upgrade',
]);
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Forwards one request under `/api/v1` to the API with the session's bearer; bodies stream both ways. */
export async function forward(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (!safeMethods.has(request.method) && !isOwnRequest(request)) {
    return problemResponse(
      403,
      'csrf-header-missing',
      'The change did not come from the portal',
      `Send the header ${csrfHeader} from the portal's own pages, or call the API itself with a token.`,
    );
  }
  const token = await findAccessToken().catch((error: unknown) => (error instanceof IssuerUnreachable ? error : null));
  if (token instanceof IssuerUnreachable)
    return problemResponse(
      503,
      'issuer-unavailable',
      'The identity provider cannot be reached',
      'It restarts by itself within seconds; if not, an administrator must look at it.',
    );
  if (token === null)
    return problemResponse(
      503,
      'session-store-unavailable',
      'Your session cannot be read right now',
      'Wait a few seconds; the page tries again by itself.',
    );
  if (!token) return problemResponse(401, 'signed-out', 'You are signed out', 'Sign in again.');

  const hasBody = !safeMethods.has(request.method) && request.body !== null;
  try {
    const answer = await fetch(`${getConfig().apiUrl}${url.pathname}${url.search}`, {
      method: request.method,
      headers: toApiHeaders(request.headers, token),
      redirect: 'manual',
      signal: request.signal,
      ...(hasBody ? { body: request.body, duplex: 'half' } : {}),
    } as RequestInit);
    if (answer.status === 401) await forgetSession().catch(() => undefined);
    return new Response(answer.body, { status: answer.status, headers: toBrowserHeaders(answer.headers) });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    console.error(
      JSON.stringify({ level: 'error', msg: 'The API did not answer', path: url.pathname, error: String(error) }),
    );
    return problemResponse(
      503,
      'api-unreachable',
      'The Slipway API does not answer',
      'It restarts by itself within seconds; if not, run `npm run status`.',
    );
  }
}

/** A form of another site can send neither our header nor, in today's browsers, `Sec-Fetch-Site: same-origin`. */
function isOwnRequest(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  return request.headers.has(csrfHeader) && (site === null || site === 'same-origin');
}

function toApiHeaders(headers: Headers, token: string): Headers {
  const forwarded = new Headers({ authorization: `Bearer ${token}`, 'accept-encoding': 'identity' });
  for (const name of requestHeaders) {
    const value = headers.get(name);
    if (value !== null) forwarded.set(name, value);
  }
  return forwarded;
}

function toBrowserHeaders(headers: Headers): Headers {
  const forwarded = new Headers();
  headers.forEach((value, name) => {
    if (!droppedAnswerHeaders.has(name)) forwarded.set(name, value);
  });
  // `no-transform` keeps Next from compressing, and so from holding back, a stream.
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  forwarded.set('cache-control', isStream ? 'no-cache, no-transform' : 'private, no-store');
  if (isStream) forwarded.set('x-accel-buffering', 'no');
  return forwarded;
}
