import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';

/** Whose limits: a tenant's, or those of one of its projects. */
export interface QuotaPlace {
  readonly tenant: string;
  readonly project?: string;
}

const ofTenant = '/api/v1/tenants/{tenant}/quota';
const ofProject = '/api/v1/tenants/{tenant}/projects/{project}/quota';

export const quotaQuery = ({ tenant, project }: QuotaPlace, api: Api = browserApi) =>
  queryOptions({
    queryKey: ['t', tenant, 'quota', project ?? ''],
    queryFn: ({ signal }) =>
      project === undefined
        ? unwrap(api.GET(ofTenant, { params: { path: { tenant } }, signal }))
        : unwrap(api.GET(ofProject, { params: { path: { tenant, project } }, signal })),
    refetchInterval: 30_000,
  });

export const waitsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['t', tenant, 'quota-queue'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          browserApi.GET('/api/v1/tenants/{tenant}/quota/queue', {
            params: { path: { tenant }, query: { state: 'waiting', limit: 100 } },
            signal,
          }),
        )
      ).items,
    refetchInterval: 10_000,
  });

export const overviewQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['quotas'],
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET('/api/v1/quotas', { params: { query: { limit: 500 } }, signal }))).items,
    refetchInterval: 60_000,
  });

const ofTree = '/api/v1/tenants/{tenant}/quota/tree';
const ofPool = '/api/v1/clusters/{cluster}/pool';

export const treeQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['t', tenant, 'quota', 'tree'],
    queryFn: ({ signal }) => unwrap(browserApi.GET(ofTree, { params: { path: { tenant } }, signal })),
  });

interface TreeScope {
  readonly project?: string;
  readonly environment?: string;
  readonly limits: Record<string, string>;
}

/** Sets all limits of these scopes together; with `isDryRun` it only answers what would be. */
export const putTree = (tenant: string, scopes: TreeScope[], version: number, isDryRun: boolean) =>
  unwrap(
    browserApi.PUT(ofTree, {
      params: { path: { tenant }, query: { dryRun: isDryRun ? 'true' : 'false' } },
      headers: { 'if-match': `"${version}"` },
      body: { scopes },
    }),
  );

export const poolQuery = (cluster: string) =>
  queryOptions({
    queryKey: ['pool', cluster],
    queryFn: ({ signal }) => unwrap(browserApi.GET(ofPool, { params: { path: { cluster } }, signal })),
    refetchInterval: 30_000,
  });

export const poolWaitsQuery = (cluster: string) =>
  queryOptions({
    queryKey: ['pool', cluster, 'queue'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          browserApi.GET(`${ofPool}/queue`, { params: { path: { cluster }, query: { limit: 100 } }, signal }),
        )
      ).items,
    refetchInterval: 10_000,
  });

export const putPool = (
  { cluster, version }: { readonly cluster: string; readonly version: number },
  body: { readonly limits: Record<string, string>; readonly overcommitPercent: number },
  isDryRun: boolean,
) =>
  unwrap(
    browserApi.PUT(ofPool, {
      params: { path: { cluster }, query: { dryRun: isDryRun ? 'true' : 'false' } },
      headers: { 'if-match': `"${version}"` },
      body,
    }),
  );

export const cancelPoolWait = (cluster: string, id: string) =>
  unwrap(
    browserApi.POST(`${ofPool}/queue/{id}/cancel`, {
      params: { path: { cluster, id } },
      headers: idempotencyKey(),
    }),
  );

export const cancelWait = (tenant: string, id: string) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/quota/queue/{id}/cancel', {
      params: { path: { tenant, id } },
      headers: idempotencyKey(),
    }),
  );

export const askForQuota = (
  place: QuotaPlace & { readonly environment?: string },
  increases: Record<string, string>,
  reason: string,
  days: number,
) =>
  unwrap(
    browserApi.POST('/api/v1/requests', {
      body: {
        kind: 'quota',
        payload: { ...place, increases },
        reason,
        breakGlass: false,
        ...(days > 0 ? { grantSeconds: days * 86_400 } : {}),
      },
      headers: idempotencyKey(),
    }),
  );
