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

export interface NewToken {
  readonly name: string;
  readonly expiresInDays?: number;
  readonly scopes?: string[];
  readonly tenant?: string;
  readonly ranges?: string[];
}

/** The answer holds the token itself, this once. */
export const createToken = (body: NewToken) =>
  unwrap(browserApi.POST('/api/v1/me/tokens', { body, headers: idempotencyKey() }));

export const rotateToken = (id: string) =>
  unwrap(
    browserApi.POST('/api/v1/me/tokens/{id}/rotate', {
      params: { path: { id } },
      body: {},
      headers: idempotencyKey(),
    }),
  );

export const deleteToken = (id: string) =>
  unwrap(browserApi.DELETE('/api/v1/me/tokens/{id}', { params: { path: { id } } }));

/** What I was told of those who acted in my name, newest first. Among all notifications, so that reading one renews both. */
export const impersonationsOfMeQuery = () =>
  queryOptions({
    queryKey: ['me', 'notifications', 'impersonated'],
    queryFn: async ({ signal }) => {
      const query = { type: 'impersonated', limit: 50 } as const;
      return (await unwrap(browserApi.GET('/api/v1/me/notifications', { params: { query }, signal }))).items;
    },
  });

/** Mine, or (for administrators) a user's. */
export const sessionsQuery = (username?: string) =>
  queryOptions({
    queryKey: username === undefined ? ['me', 'sessions'] : ['users', username, 'sessions'],
    queryFn: async ({ signal }) => {
      const page =
        username === undefined
          ? await unwrap(browserApi.GET('/api/v1/me/sessions', { signal }))
          : await unwrap(
              browserApi.GET('/api/v1/users/{username}/sessions', { params: { path: { username } }, signal }),
            );
      return page.items;
    },
  });

export const endSession = (id: string, username?: string) =>
  username === undefined
    ? unwrap(browserApi.DELETE('/api/v1/me/sessions/{id}', { params: { path: { id } } }))
    : unwrap(browserApi.DELETE('/api/v1/users/{username}/sessions/{id}', { params: { path: { username, id } } }));

/** Mine but this one, or all of a user's. */
export const endSessions = (username?: string) =>
  username === undefined
    ? unwrap(browserApi.DELETE('/api/v1/me/sessions'))
    : unwrap(browserApi.DELETE('/api/v1/users/{username}/sessions', { params: { path: { username } } }));

export const secondFactorQuery = () =>
  queryOptions({
    queryKey: ['me', 'second-factor'],
    queryFn: ({ signal }) => unwrap(browserApi.GET('/api/v1/me/second-factor', { signal })),
  });

export const beginSecondFactor = () => unwrap(browserApi.POST('/api/v1/me/second-factor'));

export const confirmSecondFactor = (code: string) =>
  unwrap(browserApi.POST('/api/v1/me/second-factor/confirm', { body: { code } }));

export const removeSecondFactor = (code: string) =>
  unwrap(browserApi.POST('/api/v1/me/second-factor/remove', { body: { code } }));

export const settingsQuery = () =>
  queryOptions({
    queryKey: ['identity', 'settings'],
    queryFn: ({ signal }) => unwrap(browserApi.GET('/api/v1/identity/settings', { signal })),
  });

export const updateSettings = (body: { passwordMinLength: number; tokenMaxDays: number; mfaRoles: string[] }) =>
  unwrap(browserApi.PATCH('/api/v1/identity/settings', { body }));

export const scimTokensQuery = () =>
  queryOptions({
    queryKey: ['identity', 'scim-tokens'],
    queryFn: async ({ signal }) => (await unwrap(browserApi.GET('/api/v1/identity/scim-tokens', { signal }))).items,
  });

export const createScimToken = (name: string) =>
  unwrap(browserApi.POST('/api/v1/identity/scim-tokens', { body: { name }, headers: idempotencyKey() }));

export const rotateScimToken = (id: string) =>
  unwrap(
    browserApi.POST('/api/v1/identity/scim-tokens/{id}/rotate', {
      params: { path: { id } },
      body: {},
      headers: idempotencyKey(),
    }),
  );

export const deleteScimToken = (id: string) =>
  unwrap(browserApi.DELETE('/api/v1/identity/scim-tokens/{id}', { params: { path: { id } } }));

export const groupsQuery = () =>
  queryOptions({
    queryKey: ['groups'],
    queryFn: async ({ signal }) =>
      (await unwrap(browserApi.GET('/api/v1/groups', { params: { query: { limit: 500 } }, signal }))).items,
  });
