import { queryOptions } from '@tanstack/react-query';
import { type ApplicationName, applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { ApplicationRef } from '@/lib/paths';

const toPath = (name: ApplicationName) => ({
  tenant: name.tenant,
  project: name.project,
  application: name.application,
});

export const releasesQuery = (name: ApplicationName, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'releases'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/releases', {
            params: { path: toPath(name), query: { limit: 100 } },
            signal,
          }),
        )
      ).items,
  });

export const diffQuery = (name: ApplicationName, number: number, other: number, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'releases', number, 'diff', other],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/releases/{number}/diff', {
            params: { path: { ...toPath(name), number: String(number) }, query: { with: other } },
            signal,
          }),
        )
      ).changes,
  });

export const createRelease = (name: ApplicationName, body: { image?: string; description?: string }) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/releases', {
      params: { path: toPath(name) },
      body,
      headers: idempotencyKey(),
    }),
  );

export const rolloutsQuery = (name: ApplicationName, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'rollouts'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/rollouts', {
            params: { path: toPath(name), query: { limit: 50 } },
            signal,
          }),
        )
      ).items,
  });

export const rolloutQuery = (name: ApplicationName, id: string, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'rollouts', id],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/rollouts/{id}', {
          params: { path: { ...toPath(name), id } },
          signal,
        }),
      ),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data) ? false : 1500),
  });

/** `state` is a rollout's, as the status of an environment repeats it. */
export const isOver = (rollout: { readonly state: string }): boolean =>
  rollout.state !== 'pending' && rollout.state !== 'progressing' && rollout.state !== 'paused';

export const deploy = (ref: ApplicationRef, release: number) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/rollouts', {
      params: { path: toPath(ref) },
      body: { environment: ref.environment, release },
      headers: idempotencyKey(),
    }),
  );

export const rollBack = (ref: ApplicationRef, release?: number) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/rollback', {
      params: { path: toPath(ref) },
      body: { environment: ref.environment, ...(release ? { release } : {}) },
      headers: idempotencyKey(),
    }),
  );

export const abortRollout = (name: ApplicationName, id: string) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/rollouts/{id}/abort', {
      params: { path: { ...toPath(name), id } },
      headers: idempotencyKey(),
    }),
  );
