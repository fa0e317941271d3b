import { infiniteQueryOptions } from '@tanstack/react-query';
import { type Api, browserApi, unwrap } from '@/lib/api';

/** The audit trail, newest first; of one tenant, or for administrators of all. */
export const auditQuery = (tenant: string | undefined, api: Api = browserApi) =>
  infiniteQueryOptions({
    queryKey: tenant ? ['t', tenant, 'audit'] : ['audit'],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        tenant
          ? api.GET('/api/v1/tenants/{tenant}/audit-events', {
              params: { path: { tenant }, query: { limit: 50, cursor: pageParam } },
              signal,
            })
          : api.GET('/api/v1/audit-events', { params: { query: { limit: 50, cursor: pageParam } }, signal }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: 10_000,
  });
