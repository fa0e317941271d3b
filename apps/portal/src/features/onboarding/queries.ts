import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { TenantState } from '@/lib/contract';

export const blueprintsQuery = () =>
  queryOptions({
    queryKey: ['blueprints'],
    queryFn: async ({ signal }) =>
      (await unwrap(browserApi.GET('/api/v1/blueprints', { params: { query: { limit: 500 } }, signal }))).items,
  });

export interface TenantWish {
  readonly name: string;
  readonly displayName?: string;
  readonly purpose: string;
  readonly projects: readonly { name: string; blueprint: string }[];
}

export const requestTenant = (wish: TenantWish) =>
  unwrap(
    browserApi.POST('/api/v1/requests', {
      body: { kind: 'tenant', payload: { ...wish }, reason: wish.purpose, breakGlass: false },
      headers: idempotencyKey(),
    }),
  );

/** Looked at again and again until it is over. */
export const setupQuery = (request: string) =>
  queryOptions({
    queryKey: ['setup', request],
    queryFn: ({ signal }) =>
      unwrap(browserApi.GET('/api/v1/requests/{id}/setup', { params: { path: { id: request } }, signal })),
    retry: false,
    refetchInterval: ({ state }) => {
      const isOver = state.data?.state === 'succeeded' || state.data?.state === 'failed';
      return isOver ? false : 1_000;
    },
  });

export const tenantStateQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['t', tenant, 'state'],
    queryFn: ({ signal }) =>
      unwrap(browserApi.GET('/api/v1/tenants/{tenant}/state', { params: { path: { tenant } }, signal })),
  });

export const moveTenant = (
  tenant: string,
  body: { state: TenantState['next'][number]; reason: string; confirm?: string },
) => unwrap(browserApi.POST('/api/v1/tenants/{tenant}/state', { params: { path: { tenant } }, body }));

export const previewInvitation = (token: string) =>
  unwrap(browserApi.POST('/api/v1/invitations/preview', { body: { token } }));

export const acceptInvitation = (token: string) =>
  unwrap(browserApi.POST('/api/v1/invitations/accept', { body: { token }, headers: idempotencyKey() }));
