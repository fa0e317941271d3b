import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, unwrap } from '@/lib/api';
import type { Operation } from '@/lib/contract';

export const isRunningOperation = (operation: Pick<Operation, 'state'>): boolean =>
  operation.state === 'pending' || operation.state === 'running';

export const operationsQuery = (api: Api = browserApi) =>
  queryOptions({
    queryKey: ['operations'],
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET('/api/v1/operations', { params: { query: { limit: 20 } }, signal }))).items,
    refetchInterval: (query) => (query.state.data?.some(isRunningOperation) ? 2000 : 10_000),
  });
