import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { Freeze, FreezeChange, NewFreeze } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';

const ofPlatform = '/api/v1/freezes';
const ofTenant = '/api/v1/tenants/{tenant}/freezes';
const query = { limit: 500 };

/** Undefined: the platform. */
export type FreezeOwner = string | undefined;

export const freezesKey = (tenant: FreezeOwner) => (tenant === undefined ? ['freezes'] : ['t', tenant, 'freezes']);

/** A tenant's with the platform's, or the platform's alone. Asked again and again: they begin and end by themselves. */
export const freezesQuery = (tenant: FreezeOwner) =>
  queryOptions({
    queryKey: freezesKey(tenant),
    queryFn: async ({ signal }) => {
      const page =
        tenant === undefined
          ? await unwrap(browserApi.GET(ofPlatform, { params: { query }, signal }))
          : await unwrap(browserApi.GET(ofTenant, { params: { path: { tenant }, query }, signal }));
      return page.items;
    },
    refetchInterval: 30_000,
  });

/** What is frozen here now, and what will be. */
export const freezeCheckQuery = ({ tenant, project, application, environment }: ApplicationRef) =>
  queryOptions({
    queryKey: [...applicationKey({ tenant, project, application }), 'e', environment, 'freezes'],
    queryFn: ({ signal }) =>
      unwrap(
        browserApi.GET(
          '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/freezes',
          { params: { path: { tenant, project, application, environment } }, signal },
        ),
      ),
    refetchInterval: 30_000,
    retry: false,
  });

export function createFreeze(tenant: FreezeOwner, { projects, applications, ...body }: NewFreeze) {
  const headers = idempotencyKey();
  return tenant === undefined
    ? unwrap(browserApi.POST(ofPlatform, { body, headers }))
    : unwrap(
        browserApi.POST(ofTenant, { params: { path: { tenant } }, body: { ...body, projects, applications }, headers }),
      );
}

/** Refused where somebody changed it since it was read. */
export function updateFreeze(
  tenant: FreezeOwner,
  { name: freeze, version }: Freeze,
  { projects, applications, ...body }: FreezeChange,
) {
  const headers = { 'if-match': `"${version}"` };
  return tenant === undefined
    ? unwrap(browserApi.PATCH(`${ofPlatform}/{freeze}`, { params: { path: { freeze } }, body, headers }))
    : unwrap(
        browserApi.PATCH(`${ofTenant}/{freeze}`, {
          params: { path: { tenant, freeze } },
          body: { ...body, projects, applications },
          headers,
        }),
      );
}

export const deleteFreeze = (tenant: FreezeOwner, freeze: string) =>
  tenant === undefined
    ? unwrap(browserApi.DELETE(`${ofPlatform}/{freeze}`, { params: { path: { freeze } } }))
    : unwrap(browserApi.DELETE(`${ofTenant}/{freeze}`, { params: { path: { tenant, freeze } } }));
