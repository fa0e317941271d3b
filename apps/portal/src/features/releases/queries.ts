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

export const deploy = (ref: ApplicationRef, release: number, overrideFreeze?: string) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/rollouts', {
      params: { path: toPath(ref) },
      body: { environment: ref.environment, release, ...(overrideFreeze ? { overrideFreeze } : {}) },
      headers: idempotencyKey(),
    }),
  );

export const rollBack = (ref: ApplicationRef, release: number, overrideFreeze?: string) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/rollback', {
      params: { path: toPath(ref) },
      body: { environment: ref.environment, release, ...(overrideFreeze ? { overrideFreeze } : {}) },
      headers: idempotencyKey(),
    }),
  );
