import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { ApplicationRef } from '@/lib/paths';

export const domainsQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'domains'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET(
            '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/domains',
            { params: { path: { ...ref } }, signal },
          ),
        )
      ).items,
  });

export const addDomain = (ref: ApplicationRef, hostname: string) =>
  unwrap(
    browserApi.POST(
      '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/domains',
      { params: { path: { ...ref } }, body: { hostname }, headers: idempotencyKey() },
    ),
  );

export const removeDomain = (ref: ApplicationRef, hostname: string) =>
  unwrap(
    browserApi.DELETE(
      '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/domains/{hostname}',
      { params: { path: { ...ref, hostname } } },
    ),
  );
