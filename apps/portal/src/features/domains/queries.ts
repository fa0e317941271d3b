import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { Domain, Page } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';

const domains =
  '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/domains';

export const domainsQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'domains'],
    queryFn: async ({ signal }) =>
      (await unwrap<Page<Domain>>(api.GET(domains, { params: { path: { ...ref } }, signal }))).items,
  });

export const addDomain = (ref: ApplicationRef, hostname: string) =>
  unwrap<Domain>(
    browserApi.POST(domains, { params: { path: { ...ref } }, body: { hostname }, headers: idempotencyKey() }),
  );

export const removeDomain = (ref: ApplicationRef, hostname: string) =>
  unwrap<void>(browserApi.DELETE(`${domains}/{hostname}`, { params: { path: { ...ref, hostname } } }));
