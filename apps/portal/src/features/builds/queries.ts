import { queryOptions } from '@tanstack/react-query';
import { type ApplicationName, applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { Build } from '@/lib/contract';

const toPath = ({ tenant, project, application }: ApplicationName) => ({ tenant, project, application });

export const isRunning = (build: Pick<Build, 'state'>): boolean =>
  build.state === 'queued' || build.state === 'running';

export const buildsQuery = (name: ApplicationName, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'builds'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/builds', {
            params: { path: toPath(name), query: { limit: 100 } },
            signal,
          }),
        )
      ).items,
    refetchInterval: (query) => (query.state.data?.some(isRunning) ? 2000 : false),
  });

export const buildQuery = (name: ApplicationName, number: number, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'builds', number],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/builds/{number}', {
          params: { path: { ...toPath(name), number: String(number) } },
          signal,
        }),
      ),
    refetchInterval: (query) => (query.state.data && !isRunning(query.state.data) ? false : 1500),
  });

export interface NewBuild {
  readonly source?:
    | { readonly type: 'upload'; readonly upload: string }
    | { readonly type: 'git'; readonly ref?: string };
  readonly deploy?: { readonly environment: string };
}

export const createBuild = (name: ApplicationName, body: NewBuild) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/builds', {
      params: { path: toPath(name) },
      body,
      headers: idempotencyKey(),
    }),
  );

export const cancelBuild = (name: ApplicationName, number: number) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/builds/{number}/cancel', {
      params: { path: { ...toPath(name), number: String(number) } },
      headers: idempotencyKey(),
    }),
  );

export const toBuildLogPath = ({ tenant, project, application }: ApplicationName, number: number): string =>
  `/api/v1/tenants/${tenant}/projects/${project}/applications/${application}/builds/${number}/log`;
