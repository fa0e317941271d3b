import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { browserApi, unwrap } from '@/lib/api';
import type { ApplicationRef } from '@/lib/paths';

/** What a rollout of this release would change here; nothing is changed by asking. */
export const planQuery = ({ tenant, project, application, environment }: ApplicationRef, release: number) =>
  queryOptions({
    queryKey: [...applicationKey({ tenant, project, application }), 'e', environment, 'plan', release],
    queryFn: ({ signal }) =>
      unwrap(
        browserApi.POST(
          '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/plan',
          { params: { path: { tenant, project, application, environment } }, body: { release }, signal },
        ),
      ),
    retry: false,
  });
