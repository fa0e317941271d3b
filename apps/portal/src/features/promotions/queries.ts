import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { ApplicationRef } from '@/lib/paths';

const promotions =
  '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/promotions';

/** What the release that runs in `from` would change in the place, and what stands in its way. */
export const promotionPlanQuery = ({ tenant, project, application, environment }: ApplicationRef, from: string) =>
  queryOptions({
    queryKey: [...applicationKey({ tenant, project, application }), 'e', environment, 'promotion', from],
    queryFn: ({ signal }) =>
      unwrap(
        browserApi.GET(`${promotions}/plan`, {
          params: { path: { tenant, project, application, environment }, query: { from } },
          signal,
        }),
      ),
    retry: false,
  });

export const promote = (
  { tenant, project, application, environment }: ApplicationRef,
  body: { from: string; release: number; force: boolean; overrideFreeze?: string },
) =>
  unwrap(
    browserApi.POST(promotions, {
      params: { path: { tenant, project, application, environment } },
      body,
      headers: idempotencyKey(),
    }),
  );
