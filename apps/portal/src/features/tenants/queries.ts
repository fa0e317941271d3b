import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';

const all = { limit: 500 };

export const tenantsQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['tenants'],
    queryFn: async ({ signal }) => (await unwrap(api.GET('/api/v1/tenants', { params: { query: all }, signal }))).items,
  });

export const tenantQuery = (tenant: string, api: Api = browserApi) =>
  queryOptions({
    queryKey: ['t', tenant],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/tenants/{tenant}', { params: { path: { tenant } }, signal })),
  });

export const createTenant = (body: { name: string; displayName?: string; owner?: string }) =>
  unwrap(browserApi.POST('/api/v1/tenants', { body, headers: idempotencyKey() }));

export const updateTenant = (tenant: string, body: { displayName: string }) =>
  unwrap(browserApi.PATCH('/api/v1/tenants/{tenant}', { params: { path: { tenant } }, body }));

export const deleteTenant = (tenant: string) =>
  unwrap(browserApi.DELETE('/api/v1/tenants/{tenant}', { params: { path: { tenant }, query: { confirm: tenant } } }));
