import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, unwrap } from '@/lib/api';

export const clustersQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['clusters'],
    queryFn: async ({ signal }) => (await unwrap(api.GET('/api/v1/clusters', { signal }))).items,
    refetchInterval: 10_000,
  });
