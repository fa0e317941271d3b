import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { AdoptionChoice } from '@/lib/contract';

const path = { cluster: 'embedded' };
const all = { limit: 500 };

export const namespacesQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['clusters', 'namespaces'],
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET('/api/v1/clusters/{cluster}/namespaces', { params: { path, query: all }, signal }))).items,
    refetchInterval: 15_000,
  });

/** Newest first; read again soon while one of them is under way. */
export const adoptionsQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['clusters', 'adoptions'],
    queryFn: async ({ signal }) => {
      const query = { limit: 10 };
      return (await unwrap(api.GET('/api/v1/clusters/{cluster}/adoptions', { params: { path, query }, signal }))).items;
    },
    refetchInterval: ({ state }) => (state.data?.some((one) => one.state === 'running') ? 1000 : 15_000),
  });

export const planAdoption = (items: AdoptionChoice[]) => adopt(items, 'true');
export const startAdoption = (items: AdoptionChoice[]) => adopt(items, 'false');

const adopt = (items: AdoptionChoice[], dryRun: 'true' | 'false') =>
  unwrap(
    browserApi.POST('/api/v1/clusters/{cluster}/adoptions', {
      params: { path, query: { dryRun } },
      body: { items },
      headers: idempotencyKey(),
    }),
  );

export const releaseNamespace = (namespace: string) =>
  unwrap(
    browserApi.POST('/api/v1/clusters/{cluster}/namespaces/{namespace}/release', {
      params: { path: { ...path, namespace } },
      headers: idempotencyKey(),
    }),
  );
