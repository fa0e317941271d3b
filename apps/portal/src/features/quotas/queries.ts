import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';

/** Whose limits: a tenant's, or those of one of its projects. */
export interface QuotaPlace {
  readonly tenant: string;
  readonly project?: string;
}

interface Limits {
  readonly limits: Record<string, string>;
  readonly overcommitPercent: number;
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

/** Sets all limits of the place; with `isDryRun` it only answers what would be. */
export const putQuota = ({ tenant, project }: QuotaPlace, body: Limits, isDryRun: boolean) => {
  const query = { dryRun: isDryRun ? 'true' : 'false' } as const;
  return project === undefined
    ? unwrap(browserApi.PUT(ofTenant, { params: { path: { tenant }, query }, body }))
    : unwrap(browserApi.PUT(ofProject, { params: { path: { tenant, project }, query }, body }));
};

export const cancelWait = (tenant: string, id: string) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/quota/queue/{id}/cancel', {
      params: { path: { tenant, id } },
      headers: idempotencyKey(),
    }),
  );

export const askForQuota = (
  { tenant, project }: QuotaPlace,
  increases: Record<string, string>,
  reason: string,
  days: number,
) =>
  unwrap(
    browserApi.POST('/api/v1/requests', {
      body: {
        kind: 'quota',
        payload: { tenant, ...(project === undefined ? {} : { project }), increases },
        reason,
        breakGlass: false,
        ...(days > 0 ? { grantSeconds: days * 86_400 } : {}),
      },
      headers: idempotencyKey(),
    }),
  );
