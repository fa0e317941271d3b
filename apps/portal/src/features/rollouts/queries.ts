import { queryOptions } from '@tanstack/react-query';
import { type ApplicationName, applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import { isOver, type RolloutCommand } from './rollout-state';

const rolloutsPath = '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/rollouts';

const toPath = (name: ApplicationName) => ({
  tenant: name.tenant,
  project: name.project,
  application: name.application,
});

export const rolloutsQuery = (name: ApplicationName, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'rollouts'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET(rolloutsPath, {
            params: { path: toPath(name), query: { limit: 50 } },
            signal,
          }),
        )
      ).items,
  });

export const rolloutQuery = (name: ApplicationName, id: string, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'rollouts', id],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET(`${rolloutsPath}/{id}`, {
          params: { path: { ...toPath(name), id } },
          signal,
        }),
      ),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data) ? false : 1500),
  });

/** A worker does it next. `overrideFreeze`: why a promotion cannot wait for the end of a freeze. */
export function command(name: ApplicationName, id: string, asked: RolloutCommand, overrideFreeze?: string) {
  const params = { path: { ...toPath(name), id } };
  const headers = idempotencyKey();
  switch (asked) {
    case 'abort':
      return unwrap(browserApi.POST(`${rolloutsPath}/{id}/abort`, { params, headers }));
    case 'pause':
      return unwrap(browserApi.POST(`${rolloutsPath}/{id}/pause`, { params, headers }));
    case 'resume':
      return unwrap(browserApi.POST(`${rolloutsPath}/{id}/resume`, { params, headers }));
    case 'retry':
      return unwrap(browserApi.POST(`${rolloutsPath}/{id}/retry`, { params, headers }));
    case 'promote':
    case 'promote-full':
      return unwrap(
        browserApi.POST(`${rolloutsPath}/{id}/promote`, {
          params,
          headers,
          body: { full: asked === 'promote-full', ...(overrideFreeze ? { overrideFreeze } : {}) },
        }),
      );
  }
}

/** Each change of state with its reason, in the order they came. */
export const transitionsQuery = (name: ApplicationName, id: string, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'rollouts', id, 'transitions'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET(`${rolloutsPath}/{id}/transitions`, {
            params: { path: { ...toPath(name), id }, query: { limit: 200 } },
            signal,
          }),
        )
      ).items,
    retry: false,
  });

/** What the analyses of a rollout have found; `isLive`: it goes on, so look again every few seconds. */
export const analysisQuery = (name: ApplicationName, id: string, isLive: boolean, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'rollouts', id, 'analysis-runs'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET(`${rolloutsPath}/{id}/analysis-runs`, { params: { path: { ...toPath(name), id } }, signal }),
        )
      ).runs,
    refetchInterval: isLive ? 3000 : false,
    retry: false,
  });

/** What users got of both releases; `isLive`: it goes on, so look again every few seconds. */
export const signalsQuery = (name: ApplicationName, id: string, isLive: boolean, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(name), 'rollouts', id, 'signals'],
    queryFn: ({ signal }) =>
      unwrap(api.GET(`${rolloutsPath}/{id}/signals`, { params: { path: { ...toPath(name), id } }, signal })),
    refetchInterval: isLive ? 5000 : false,
    retry: false,
  });
