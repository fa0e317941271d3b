import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, unwrap } from '@/lib/api';
import type { Page, Pod } from '@/lib/contract';
import { type ApplicationRef } from '@/lib/paths';

const environment = '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}';

export const podsQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'pods'],
    queryFn: async ({ signal }) =>
      toItems(
        await unwrap<Page<Pod> | readonly Pod[]>(
          api.GET(`${environment}/pods`, { params: { path: { ...ref } }, signal }),
        ),
      ),
    refetchInterval: 3000,
  });

const toItems = (answer: Page<Pod> | readonly Pod[]): readonly Pod[] => ('items' in answer ? answer.items : answer);

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
