import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { Role } from '@/lib/contract';

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

export const membersQuery = (tenant: string, api: Api = browserApi) =>
  queryOptions({
    queryKey: ['t', tenant, 'members'],
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET('/api/v1/tenants/{tenant}/members', { params: { path: { tenant }, query: all }, signal })))
        .items,
  });

export const createTenant = (body: { name: string; displayName?: string; owner?: string }) =>
  unwrap(browserApi.POST('/api/v1/tenants', { body, headers: idempotencyKey() }));

export const updateTenant = (tenant: string, body: { displayName: string }) =>
  unwrap(browserApi.PATCH('/api/v1/tenants/{tenant}', { params: { path: { tenant } }, body }));

export const deleteTenant = (tenant: string) =>
  unwrap(browserApi.DELETE('/api/v1/tenants/{tenant}', { params: { path: { tenant } } }));

export const addMember = (tenant: string, body: { username: string; role: Role }) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/members', {
      params: { path: { tenant } },
      body,
      headers: idempotencyKey(),
    }),
  );

export const changeRole = (tenant: string, username: string, role: Role) =>
  unwrap(
    browserApi.PATCH('/api/v1/tenants/{tenant}/members/{username}', {
      params: { path: { tenant, username } },
      body: { role },
    }),
  );

export const removeMember = (tenant: string, username: string) =>
  unwrap(browserApi.DELETE('/api/v1/tenants/{tenant}/members/{username}', { params: { path: { tenant, username } } }));
