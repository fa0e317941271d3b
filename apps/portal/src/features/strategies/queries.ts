import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, unwrap } from '@/lib/api';
import type { Strategy } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';

const strategyPath =
  '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/strategy';

export const strategyQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'strategy'],
    queryFn: ({ signal }) => unwrap(api.GET(strategyPath, { params: { path: { ...ref } }, signal })),
  });

/** Strategies to begin with. */
export const presetsQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['strategy-presets'],
    queryFn: async ({ signal }) => (await unwrap(api.GET('/api/v1/strategies/presets', { signal }))).items,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Refused with `version-stale` where somebody changed it since `version`. */
export const saveStrategy = (ref: ApplicationRef, strategy: Strategy, version: number) =>
  unwrap(
    browserApi.PUT(strategyPath, {
      params: { path: { ...ref } },
      body: { strategy },
      headers: { 'if-match': `"${version}"` },
    }),
  );

/** Of an Argo Rollout or a Flagger Canary as text; what could not be taken is in the warnings. */
export const convertStrategy = (manifest: string) =>
  unwrap(browserApi.POST('/api/v1/strategies/convert', { body: { manifest } }));

/** What this canary would have met on the traffic of the last hours. */
export const dryRunStrategy = (
  ref: ApplicationRef,
  body: { strategy: Strategy; hours: number; errorPercent: number; promoteAfterSeconds: number },
) => unwrap(browserApi.POST(`${strategyPath}/dry-run`, { params: { path: { ...ref } }, body }));
