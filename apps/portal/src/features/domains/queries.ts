import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { ChangeDomain, SetCertificate } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';

const single =
  '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/domains/{hostname}' as const;

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
  unwrap(browserApi.DELETE(single, { params: { path: { ...ref, hostname } } }));

/** Looks for the proof now. */
export const verifyDomain = (ref: ApplicationRef, hostname: string) =>
  unwrap(
    browserApi.POST(`${single}/verify`, {
      params: { path: { ...ref, hostname } },
      body: {},
      headers: idempotencyKey(),
    }),
  );

export const changeDomain = (ref: ApplicationRef, hostname: string, body: ChangeDomain) =>
  unwrap(browserApi.PATCH(single, { params: { path: { ...ref, hostname } }, body }));

export const setCertificate = (ref: ApplicationRef, hostname: string, body: SetCertificate) =>
  unwrap(browserApi.PUT(`${single}/certificate`, { params: { path: { ...ref, hostname } }, body }));

export const removeCertificate = (ref: ApplicationRef, hostname: string) =>
  unwrap(browserApi.DELETE(`${single}/certificate`, { params: { path: { ...ref, hostname } } }));
