import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';

export const keysQuery = () =>
  queryOptions({
    queryKey: ['encryption-keys'],
    queryFn: ({ signal }) => unwrap(browserApi.GET('/api/v1/encryption-keys', { signal })),
    refetchInterval: (query) => (isRunning(query.state.data?.rotation?.state) ? 1000 : 15_000),
  });

export const isRunning = (state: string | undefined): boolean => state === 'pending' || state === 'running';

export const rotateKeys = () =>
  unwrap(browserApi.POST('/api/v1/encryption-keys/rotate', { headers: idempotencyKey() }));

export const rewrapKeys = () =>
  unwrap(browserApi.POST('/api/v1/encryption-keys/rewrap', { headers: idempotencyKey() }));

export const retireKey = (key: string) =>
  unwrap(browserApi.DELETE('/api/v1/encryption-keys/{key}', { params: { path: { key } } }));
