import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';

export const usersQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['users'],
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET('/api/v1/users', { params: { query: { limit: 500 } }, signal }))).items,
  });

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly displayName?: string;
  readonly password: string;
  readonly isAdmin?: boolean;
}

export const createUser = (body: NewUser) =>
  unwrap(browserApi.POST('/api/v1/users', { body, headers: idempotencyKey() }));

export const deleteUser = (username: string) =>
  unwrap(browserApi.DELETE('/api/v1/users/{username}', { params: { path: { username } } }));

export const disableUser = (username: string, isDisabled: boolean) =>
  unwrap(browserApi.PATCH('/api/v1/users/{username}', { params: { path: { username } }, body: { isDisabled } }));

/** The answer holds the token itself, this once. */
export const beginImpersonation = (username: string, body: { reason: string; expiresInMinutes: number }) =>
  unwrap(
    browserApi.POST('/api/v1/users/{username}/impersonation', {
      params: { path: { username } },
      body,
      headers: idempotencyKey(),
    }),
  );

export const endImpersonation = (username: string) =>
  unwrap(browserApi.DELETE('/api/v1/users/{username}/impersonation', { params: { path: { username } } }));
