import { type ApiProblem, toProblem } from './problem';

export interface RequestInitOf {
  readonly params?: {
    readonly path?: Readonly<Record<string, string | number>>;
    readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  };
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}
interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}
type Method = (path: string, init?: RequestInitOf) => Promise<Answer>;
export interface Api {
  readonly GET: Method;
  readonly POST: Method;
  readonly PATCH: Method;
  readonly DELETE: Method;
}

/** A client of the API. In the browser `baseUrl` is '' and the session's cookie speaks for the user; on the server it carries a bearer. */
export function createApi(baseUrl: string, headers: Readonly<Record<string, string>>): Api {
  const method =
    (verb: string): Method =>
    async (path, init = {}) => {
      const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(String(init.params?.path?.[name] ?? '')),
      );
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(init.params?.query ?? {}))
        if (value !== undefined) query.set(name, String(value));
      const search = query.size > 0 ? `?${query}` : '';
      const raw = init.body instanceof Blob || init.body instanceof ArrayBuffer;
      const response = await fetch(`${baseUrl}${filled}${search}`, {
        method: verb,
        headers: {
          ...(init.body !== undefined && !raw ? { 'content-type': 'application/json' } : {}),
          ...headers,
          ...init.headers,
        },
        body: init.body === undefined ? undefined : raw ? (init.body as BodyInit) : JSON.stringify(init.body),
        signal: init.signal,
        cache: 'no-store',
      });
      const text = response.status === 204 ? '' : await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      const parsed = isJson && text ? JSON.parse(text) : text;
      return response.ok ? { data: parsed, response } : { error: parsed, response };
    };
  return { GET: method('GET'), POST: method('POST'), PATCH: method('PATCH'), DELETE: method('DELETE') };
}

export const browserApi: Api = createApi('', { 'x-slipway-csrf': '1' });

/** The answer's body; throws an `ApiProblem` for anything but a success. A session that ended leads to the sign-in. */
export async function unwrap<T>(asked: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  const problem: ApiProblem = toProblem(error, response.status);
  if (response.status === 401 && typeof window !== 'undefined') {
    window.location.assign(
      `/auth/login?returnTo=${encodeURIComponent(window.location.pathname + window.location.search)}`,
    );
  }
  throw problem;
}

/** A key that makes a POST safe to repeat. */
export function idempotencyKey(): Record<string, string> {
  return { 'idempotency-key': crypto.randomUUID() };
}
