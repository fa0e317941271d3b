import { randomUUID } from 'node:crypto';
import { CliError, exitOfStatus } from './errors.js';
import type { Page } from './types.js';

type PathValues = Readonly<Record<string, string | number>>;
type QueryValues = Readonly<Record<string, string | number | boolean | undefined>>;
interface CallOptions {
  readonly path?: PathValues;
  readonly query?: QueryValues;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}
export interface ApiOptions {
  readonly server: string;
  readonly token?: string;
  readonly userAgent: string;
}

export const TENANT = '/tenants/{tenant}';
export const PROJECT = '/tenants/{tenant}/projects/{project}';
export const APPLICATION = '/tenants/{tenant}/projects/{project}/applications/{application}';
export const APP_ENVIRONMENT = `${APPLICATION}/environments/{environment}` as const;

/** The REST API, version 1. Every method throws a CliError that carries the server's code, text and remedy. */
export type Api = ReturnType<typeof createApi>;

export function createApi({ server, token, userAgent }: ApiOptions) {
  const base = `${server}/api/v1`;

  async function send(
    method: string,
    path: string,
    options: CallOptions,
    headers: Record<string, string>,
    body?: string | ReadableStream,
  ) {
    const url = new URL(base + fillPath(path, options.path ?? {}));
    for (const [key, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) url.searchParams.set(key, String(value));
    const request: RequestInit & { duplex?: 'half' } = {
      method,
      headers: { 'user-agent': userAgent, ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      body,
      signal: options.signal,
      ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
    };
    let response: Response;
    try {
      response = await fetch(url, request);
    } catch (error) {
      throw toConnectionError(error, server);
    }
    if (!response.ok) throw await toApiError(response);
    return response;
  }

  async function call<T>(method: string, path: string, options: CallOptions): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (method === 'POST') headers['idempotency-key'] = randomUUID();
    let body: string | undefined;
    if (options.body !== undefined) {
      headers['content-type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      body = JSON.stringify(options.body);
    }
    const response = await send(method, path, options, headers, body);
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  const api = {
    get: <T>(path: string, options: CallOptions = {}) => call<T>('GET', path, options),
    post: <T>(path: string, options: CallOptions = {}) => call<T>('POST', path, options),
    patch: <T>(path: string, options: CallOptions = {}) => call<T>('PATCH', path, options),
    delete: (path: string, options: CallOptions = {}) => call<void>('DELETE', path, options),

    /** Follows the cursor until `limit` items are there. */
    async list<T>(path: string, options: CallOptions = {}, limit = 1000): Promise<T[]> {
      const items: T[] = [];
      let cursor: string | undefined;
      do {
        const page = await api.get<Page<T>>(path, {
          ...options,
          query: { ...options.query, limit: Math.min(500, limit - items.length), cursor },
        });
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor && items.length < limit);
      return items;
    },

    async upload<T>(
      path: string,
      options: CallOptions & { readonly contentType: string; readonly content: ReadableStream },
    ): Promise<T> {
      const headers = {
        accept: 'application/json',
        'content-type': options.contentType,
        'idempotency-key': randomUUID(),
      };
      const response = await send('POST', path, options, headers, options.content);
      return (await response.json()) as T;
    },

    async text(path: string, options: CallOptions = {}): Promise<string> {
      const response = await send('GET', path, options, { accept: 'text/plain' });
      return response.text();
    },

    async *events(path: string, options: CallOptions = {}): AsyncGenerator<ServerEvent> {
      const response = await send('GET', path, options, { accept: 'text/event-stream' });
      if (response.body) yield* readEvents(response.body);
    },
  };
  return api;
}

function fillPath(template: string, values: PathValues): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for {${name}} in ${template}`);
    return encodeURIComponent(String(value));
  });
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html); comments are heartbeats and dropped. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let id: string | undefined;
  let data: string[] = [];
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event || 'message', data: data.join('\n'), id };
        event = '';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') id = value;
    }
  }
}

async function toApiError(response: Response): Promise<CliError> {
  const text = await response.text().catch(() => '');
  let problem: Record<string, unknown> = {};
  try {
    problem = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A proxy's page, perhaps: the status says enough.
  }
  const string = (key: string) => (typeof problem[key] === 'string' ? (problem[key] as string) : undefined);
  const fields = Array.isArray(problem['errors']) ? (problem['errors'] as { path?: string; message?: string }[]) : [];
  return new CliError(
    string('code') ?? `http-${response.status}`,
    string('detail') ?? string('title') ?? `The server answered ${response.status}.`,
    {
      exit: exitOfStatus(response.status),
      remedy: string('remedy') ?? (response.status === 401 ? "Run 'slipway login'." : undefined),
      requestId: string('requestId'),
      details: fields.map((field) => `${field.path ?? ''}: ${field.message ?? ''}`),
    },
  );
}

function toConnectionError(error: unknown, server: string): unknown {
  if (error instanceof Error && error.name === 'AbortError') return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new CliError(
    'server-unreachable',
    `Cannot reach ${server}: ${cause instanceof Error ? cause.message || cause.name : 'no answer'}`,
    {
      exit: 'unavailable',
      remedy: "Check the address ('slipway context') and that the platform runs ('npm run status').",
      cause: error,
    },
  );
}
