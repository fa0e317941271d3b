import createFetchClient, { type Client, type Middleware } from 'openapi-fetch';
import { ApiError, toApiError } from './api-error.js';
import type { components, paths } from './schema.js';

export { ApiError, type Problem } from './api-error.js';
export type { components, operations, paths } from './schema.js';
export { type SentEvent, streamEvents } from './stream-events.js';

/** The objects of the API by name: `Schemas['Tenant']`. */
export type Schemas = components['schemas'];
export type SlipwayClient = Client<paths>;

export interface ClientOptions {
  /** Where the API's origin is; paths begin with /api/v1. */
  readonly baseUrl: string;
  /** An access token, personal token or robot's token. */
  readonly token?: string;
  readonly fetch?: (request: Request) => Promise<Response>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A typed client. Every answer that is no success throws an `ApiError`, so `data` is there where a route answers JSON. */
export function createClient({ baseUrl, token, fetch, headers }: ClientOptions): SlipwayClient {
  const authorization = token ? { authorization: `Bearer ${token}` } : {};
  const client = createFetchClient<paths>({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    headers: { ...authorization, ...headers },
    ...(fetch ? { fetch } : {}),
  });
  client.use(refusals);
  return client;
}

const refusals: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await toApiError(response);
  },
  onError({ error }) {
    return error instanceof Error ? error : new ApiError(0, undefined, String(error));
  },
};
