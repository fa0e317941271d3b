import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';

export const meQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['me'],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/me', { signal })),
    staleTime: 30_000,
  });

export const tokensQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['me', 'tokens'],
    queryFn: async ({ signal }) => (await unwrap(api.GET('/api/v1/me/tokens', { signal }))).items,
  });

/** The answer holds the token itself, this once. */
export const createToken = (body: { name: string; expiresInDays?: number }) =>
  unwrap(browserApi.POST('/api/v1/me/tokens', { body, headers: idempotencyKey() }));

export const deleteToken = (id: string) =>
  unwrap(browserApi.DELETE('/api/v1/me/tokens/{id}', { params: { path: { id } } }));
