import { randomUUID } from 'node:crypto';
import { ApiError, createClient, type SlipwayClient } from '@slipway/sdk';
import { CliError, exitOfStatus } from './errors.js';
import { version } from './version.js';

export const TENANT = '/api/v1/tenants/{tenant}';
export const PROJECT = '/api/v1/tenants/{tenant}/projects/{project}';
export const APPLICATION = '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}';
export const APP_ENVIRONMENT =
  '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}';

/** The API as this user; every refusal throws an ApiError. */
export type Api = SlipwayClient;

export function createApi({ server, token }: { readonly server: string; readonly token: string }): Api {
  const api = createClient({ baseUrl: server, token, headers: { 'user-agent': `slipway/${version}` } });
  api.use({
    // A POST that is sent twice, by a proxy for instance, is carried out once.
    onRequest({ request }) {
      if (request.method === 'POST') request.headers.set('idempotency-key', randomUUID());
    },
    onError: ({ error }) => toConnectionError(error, server),
  });
  return api;
}

/** Asks for server-sent events, to be read with `streamEvents`. */
export const asEvents = { headers: { accept: 'text/event-stream' }, parseAs: 'stream' } as const;

/** The body of an answer. */
export async function read<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined)
    throw new CliError('answer-missing', 'The server answered nothing where an object was expected.', {
      remedy: 'Is --server the address of the API, and not of the portal?',
    });
  return data;
}

/** The query of a change that is only asked about with `--dry-run`. */
export const toDryRun = ({ dryRun }: { readonly dryRun?: boolean }) => ({ dryRun: dryRun ? 'true' : 'false' }) as const;

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

/** Follows the cursor until `limit` items are there. */
export async function readAll<T>(
  page: (query: PageQuery) => Promise<{ data?: { items: T[]; nextCursor: string | null } }>,
  limit = 1000,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const found = await read(page({ limit: Math.min(500, limit - items.length), cursor }));
    items.push(...found.items);
    cursor = found.nextCursor ?? undefined;
  } while (cursor && items.length < limit);
  return items;
}

/** A refusal of the API as an error for the user. */
export function toCliError({ problem, status, message }: ApiError): CliError {
  return new CliError(problem?.code ?? `http-${status}`, message, {
    exit: exitOfStatus(status),
    remedy: status === 401 ? "Run 'slipway login'." : problem?.remedy,
    requestId: problem?.requestId,
    details: problem?.errors?.map((field) => `${field.path}: ${field.message}`),
  });
}

function toConnectionError(error: unknown, server: string): Error | undefined {
  // fetch throws a TypeError whose cause says what went wrong; an abort is no such thing.
  if (!(error instanceof TypeError)) return undefined;
  const cause = error.cause instanceof Error ? error.cause : error;
  return new CliError('server-unreachable', `Cannot reach ${server}: ${cause.message || cause.name}`, {
    exit: 'unavailable',
    remedy: "Check the address ('slipway context') and that the platform runs ('npm run status').",
    cause: error,
  });
}
