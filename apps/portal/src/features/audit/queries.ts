import type { Schemas } from '@slipway/sdk';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
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

export type AuditRule = Schemas['AuditRule'];
export type AuditStream = Schemas['AuditStream'];
const most = { limit: 100 };

/** Which rows somebody is to hear of. */
export const rulesQuery = (tenant: string | undefined) =>
  queryOptions({
    queryKey: ['audit-rules', tenant ?? null],
    queryFn: async ({ signal }) =>
      tenant === undefined
        ? (await unwrap(browserApi.GET('/api/v1/audit-rules', { params: { query: most }, signal }))).items
        : (
            await unwrap(
              browserApi.GET(`${ofTenant}/audit-rules`, { params: { path: { tenant }, query: most }, signal }),
            )
          ).items,
  });

export const presetsQuery = () =>
  queryOptions({
    queryKey: ['audit-rule-presets'],
    queryFn: async ({ signal }) => (await unwrap(browserApi.GET('/api/v1/audit-rule-presets', { signal }))).items,
  });

export const createRule = (tenant: string | undefined, body: Schemas['CreateAuditRule']) =>
  tenant === undefined
    ? unwrap(browserApi.POST('/api/v1/audit-rules', { body, headers: idempotencyKey() }))
    : unwrap(
        browserApi.POST(`${ofTenant}/audit-rules`, { params: { path: { tenant } }, body, headers: idempotencyKey() }),
      );

export const switchRule = (tenant: string | undefined, rule: string, isEnabled: boolean) =>
  tenant === undefined
    ? unwrap(browserApi.PATCH('/api/v1/audit-rules/{rule}', { params: { path: { rule } }, body: { isEnabled } }))
    : unwrap(
        browserApi.PATCH(`${ofTenant}/audit-rules/{rule}`, { params: { path: { tenant, rule } }, body: { isEnabled } }),
      );

export const deleteRule = (tenant: string | undefined, rule: string) =>
  tenant === undefined
    ? unwrap(browserApi.DELETE('/api/v1/audit-rules/{rule}', { params: { path: { rule } } }))
    : unwrap(browserApi.DELETE(`${ofTenant}/audit-rules/{rule}`, { params: { path: { tenant, rule } } }));

/** Where the log is sent. */
export const streamsQuery = (tenant: string | undefined) =>
  queryOptions({
    queryKey: ['audit-streams', tenant ?? null],
    queryFn: async ({ signal }) =>
      tenant === undefined
        ? (await unwrap(browserApi.GET('/api/v1/audit-streams', { params: { query: most }, signal }))).items
        : (
            await unwrap(
              browserApi.GET(`${ofTenant}/audit-streams`, { params: { path: { tenant }, query: most }, signal }),
            )
          ).items,
    refetchInterval: 10_000,
  });

export const createStream = (tenant: string | undefined, body: Schemas['CreateAuditStream']) =>
  tenant === undefined
    ? unwrap(browserApi.POST('/api/v1/audit-streams', { body, headers: idempotencyKey() }))
    : unwrap(
        browserApi.POST(`${ofTenant}/audit-streams`, { params: { path: { tenant } }, body, headers: idempotencyKey() }),
      );

export const switchStream = (tenant: string | undefined, stream: string, isEnabled: boolean) =>
  tenant === undefined
    ? unwrap(browserApi.PATCH('/api/v1/audit-streams/{stream}', { params: { path: { stream } }, body: { isEnabled } }))
    : unwrap(
        browserApi.PATCH(`${ofTenant}/audit-streams/{stream}`, {
          params: { path: { tenant, stream } },
          body: { isEnabled },
        }),
      );

export const testStream = (tenant: string | undefined, stream: string) =>
  tenant === undefined
    ? unwrap(browserApi.POST('/api/v1/audit-streams/{stream}/test', { params: { path: { stream } } }))
    : unwrap(browserApi.POST(`${ofTenant}/audit-streams/{stream}/test`, { params: { path: { tenant, stream } } }));

export const deleteStream = (tenant: string | undefined, stream: string) =>
  tenant === undefined
    ? unwrap(browserApi.DELETE('/api/v1/audit-streams/{stream}', { params: { path: { stream } } }))
    : unwrap(browserApi.DELETE(`${ofTenant}/audit-streams/{stream}`, { params: { path: { tenant, stream } } }));
