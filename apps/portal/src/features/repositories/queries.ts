import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, unwrap } from '@/lib/api';

export const repositoriesQuery = (tenant: string, api: Api = browserApi) =>
  queryOptions({
    queryKey: ['t', tenant, 'repositories'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET('/api/v1/tenants/{tenant}/repositories', {
            params: { path: { tenant }, query: { limit: 500 } },
            signal,
          }),
        )
      ).items,
  });

/** `repository` may hold slashes; it is one segment of the path. */
export const artifactsQuery = (tenant: string, repository: string, api: Api = browserApi) =>
  queryOptions({
    queryKey: ['t', tenant, 'repositories', repository],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET('/api/v1/tenants/{tenant}/repositories/{repository}/artifacts', {
            params: { path: { tenant, repository } },
            signal,
          }),
        )
      ).items,
  });
