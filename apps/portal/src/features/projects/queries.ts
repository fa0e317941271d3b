import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { EnvironmentKind } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';

const all = { limit: 500 };

export const projectsQuery = (tenant: string, api: Api = browserApi) =>
  queryOptions({
    queryKey: ['t', tenant, 'projects'],
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET('/api/v1/tenants/{tenant}/projects', { params: { path: { tenant }, query: all }, signal })))
        .items,
  });

export const environmentsQuery = ({ tenant, project }: ProjectRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: ['t', tenant, 'p', project, 'environments'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET('/api/v1/tenants/{tenant}/projects/{project}/environments', {
            params: { path: { tenant, project }, query: all },
            signal,
          }),
        )
      ).items,
  });

export const createProject = (tenant: string, body: { name: string; displayName?: string }) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects', {
      params: { path: { tenant } },
      body,
      headers: idempotencyKey(),
    }),
  );

export const deleteProject = ({ tenant, project }: ProjectRef) =>
  unwrap(browserApi.DELETE('/api/v1/tenants/{tenant}/projects/{project}', { params: { path: { tenant, project } } }));

export const createEnvironment = ({ tenant, project }: ProjectRef, body: { name: string; kind: EnvironmentKind }) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/environments', {
      params: { path: { tenant, project } },
      body,
      headers: idempotencyKey(),
    }),
  );
