import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { NewApprovalPolicy } from '@/lib/contract';

/** The platform's own. */
export const approvalPoliciesQuery = () =>
  queryOptions({
    queryKey: ['approval-policies'],
    queryFn: async ({ signal }) =>
      (await unwrap(browserApi.GET('/api/v1/approval-policies', { params: { query: { limit: 200 } }, signal }))).items,
  });

export const createApprovalPolicy = (body: NewApprovalPolicy) =>
  unwrap(browserApi.POST('/api/v1/approval-policies', { body, headers: idempotencyKey() }));

export const deleteApprovalPolicy = (policy: string) =>
  unwrap(browserApi.DELETE('/api/v1/approval-policies/{policy}', { params: { path: { policy } } }));
