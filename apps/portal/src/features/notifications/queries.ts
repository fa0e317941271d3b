import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';

export const notificationsQuery = () =>
  queryOptions({
    queryKey: ['me', 'notifications'],
    queryFn: ({ signal }) =>
      unwrap(browserApi.GET('/api/v1/me/notifications', { params: { query: { limit: 10 } }, signal })),
    refetchInterval: 60_000,
  });

/** Without ids: all. */
export const readNotifications = (ids?: string[]) =>
  unwrap(browserApi.POST('/api/v1/me/notifications/read', { body: ids ? { ids } : {}, headers: idempotencyKey() }));
