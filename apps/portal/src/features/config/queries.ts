import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, unwrap } from '@/lib/api';
import type { ApplicationRef } from '@/lib/paths';

export const configQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'config'],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET(
          '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/config',
          { params: { path: { ...ref } }, signal },
        ),
      ),
  });

/** A merge patch: null removes. */
export interface ConfigPatch {
  readonly variables: Readonly<Record<string, string | null>>;
  readonly secrets: Readonly<Record<string, string | null>>;
}

export const applyConfig = (ref: ApplicationRef, body: ConfigPatch) =>
  unwrap(
    browserApi.PATCH(
      '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/config',
      { params: { path: { ...ref } }, body },
    ),
  );
