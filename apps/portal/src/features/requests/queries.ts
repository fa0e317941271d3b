import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { ApprovalRequest } from '@/lib/contract';

export const requestViews = ['to-decide', 'to-review', 'mine', 'all'] as const;
export type RequestView = (typeof requestViews)[number];
export const requestKinds = ['access', 'exec', 'secret-reveal', 'quota', 'tenant', 'release', 'pod-security'] as const;
export const requestStates = ['pending', 'approved', 'rejected', 'withdrawn', 'expired', 'ended'] as const;

export interface RequestFilter {
  readonly view: RequestView;
  readonly kind?: (typeof requestKinds)[number];
  readonly state?: (typeof requestStates)[number];
}

export const requestsQuery = (filter: RequestFilter) =>
  queryOptions({
    queryKey: ['requests', filter],
    queryFn: async ({ signal }) =>
      (await unwrap(browserApi.GET('/api/v1/requests', { params: { query: { ...filter, limit: 200 } }, signal })))
        .items,
    refetchInterval: 30_000,
  });

export const requestQuery = (id: string) =>
  queryOptions({
    queryKey: ['requests', 'one', id],
    queryFn: ({ signal }) => unwrap(browserApi.GET('/api/v1/requests/{id}', { params: { path: { id } }, signal })),
  });

export type Verb = 'approve' | 'reject' | 'withdraw' | 'end';

export const decideRequest = (id: string, verb: Verb, comment: string): Promise<ApprovalRequest> =>
  unwrap(
    browserApi.POST(`/api/v1/requests/{id}/${verb}`, {
      params: { path: { id } },
      body: comment ? { comment } : {},
      headers: idempotencyKey(),
    }),
  );

export const commentRequest = (id: string, comment: string) =>
  unwrap(
    browserApi.POST('/api/v1/requests/{id}/comments', {
      params: { path: { id } },
      body: { comment },
      headers: idempotencyKey(),
    }),
  );

export const reviewRequest = (id: string, verdict: 'justified' | 'unjustified', comment: string) =>
  unwrap(
    browserApi.POST('/api/v1/requests/{id}/review', {
      params: { path: { id } },
      body: { verdict, comment },
      headers: idempotencyKey(),
    }),
  );

export const askForAccess = (
  payload: { tenant: string; project?: string; role: string },
  reason: string,
  days: number,
) =>
  unwrap(
    browserApi.POST('/api/v1/requests', {
      body: {
        kind: 'access',
        payload,
        reason,
        breakGlass: false,
        ...(days > 0 ? { grantSeconds: days * 86_400 } : {}),
      },
      headers: idempotencyKey(),
    }),
  );
