import { infiniteQueryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';

const ofTenant = '/api/v1/tenants/{tenant}';

export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly resource?: string;
  readonly outcome?: 'success' | 'denied' | 'failed';
  readonly q?: string;
  readonly from?: string;
  readonly to?: string;
}

/** The audit trail, newest first; of one tenant, or for administrators of all. */
export const auditQuery = (tenant: string | undefined, filter: AuditFilter = {}, api: Api = browserApi) =>
  infiniteQueryOptions({
    queryKey: [...(tenant ? ['t', tenant] : []), 'audit', filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, limit: 50, cursor: pageParam };
      return unwrap(
        tenant
          ? api.GET(`${ofTenant}/audit-events`, { params: { path: { tenant }, query }, signal })
          : api.GET('/api/v1/audit-events', { params: { query }, signal }),
      );
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: 10_000,
  });

/** What the rules found, newest first. */
export const alertsQuery = (tenant: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...(tenant ? ['t', tenant] : []), 'audit-alerts'],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 50, cursor: pageParam };
      return unwrap(
        tenant
          ? browserApi.GET(`${ofTenant}/audit-alerts`, { params: { path: { tenant }, query }, signal })
          : browserApi.GET('/api/v1/audit-alerts', { params: { query }, signal }),
      );
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: 15_000,
  });

export const createExport = (tenant: string | undefined, body: { from?: string; to?: string }) =>
  unwrap(
    tenant
      ? browserApi.POST(`${ofTenant}/audit-exports`, { params: { path: { tenant } }, body, headers: idempotencyKey() })
      : browserApi.POST('/api/v1/audit-exports', { body, headers: idempotencyKey() }),
  );

export const readExport = (tenant: string | undefined, id: string) =>
  unwrap(
    tenant
      ? browserApi.GET(`${ofTenant}/audit-exports/{export}`, { params: { path: { tenant, export: id } } })
      : browserApi.GET('/api/v1/audit-exports/{export}', { params: { path: { export: id } } }),
  );

export const exportAddress = (tenant: string | undefined, id: string): string =>
  `/api/v1/${tenant ? `tenants/${tenant}/` : ''}audit-exports/${id}/content`;
