import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, unwrap } from '@/lib/api';
import { type ApplicationRef } from '@/lib/paths';

export const podsQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'pods'],
    queryFn: async ({ signal }) => {
      const asked = api.GET(
        '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/pods',
        { params: { path: { ...ref } }, signal },
      );
      return (await unwrap(asked)).items;
    },
    refetchInterval: 3000,
  });

export interface LogFilter {
  readonly process?: string;
  readonly pod?: string;
}

export function toLogPath(ref: ApplicationRef, filter: LogFilter): string {
  const query = new URLSearchParams({ follow: 'true', tail: '500' });
  if (filter.process) query.set('process', filter.process);
  if (filter.pod) query.set('pod', filter.pod);
  return `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}/logs?${query}`;
}
