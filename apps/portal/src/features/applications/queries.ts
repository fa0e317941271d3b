import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { ReleaseHooks, Source } from '@/lib/contract';
import type { ApplicationRef, ProjectRef } from '@/lib/paths';

export type ApplicationName = Omit<ApplicationRef, 'environment'>;

export const applicationKey = ({ tenant, project, application }: ApplicationName) => [
  't',
  tenant,
  'p',
  project,
  'a',
  application,
];

const toName = ({ tenant, project, application }: ApplicationName) => ({ tenant, project, application });
const toRef = ({ tenant, project, application, environment }: ApplicationRef) => ({
  tenant,
  project,
  application,
  environment,
});

export const applicationsQuery = ({ tenant, project }: ProjectRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: ['t', tenant, 'p', project, 'applications'],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET('/api/v1/tenants/{tenant}/projects/{project}/applications', {
            params: { path: { tenant, project }, query: { limit: 500 } },
            signal,
          }),
        )
      ).items,
  });

export const applicationQuery = (name: ApplicationName, api: Api = browserApi) =>
  queryOptions({
    queryKey: applicationKey(name),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}', {
          params: { path: toName(name) },
          signal,
        }),
      ),
  });

/** How an application stands in one environment; asked again every few seconds, for pods change without an event of ours. */
export const statusQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'status'],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET(
          '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/status',
          { params: { path: toRef(ref) }, signal },
        ),
      ),
    refetchInterval: (query) => (query.state.data?.state === 'progressing' ? 1500 : 5000),
  });

export const scalingQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'scaling'],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET(
          '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/scaling',
          { params: { path: toRef(ref) }, signal },
        ),
      ),
    refetchInterval: 5000,
  });

export interface NewApplication {
  readonly name: string;
  readonly source: Source;
  readonly build?: { readonly dockerfile: string; readonly context: string };
  readonly processes?: { readonly web: { readonly port?: number; readonly replicas?: number } };
}

export const createApplication = ({ tenant, project }: ProjectRef, body: NewApplication) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications', {
      params: { path: { tenant, project } },
      body,
      headers: idempotencyKey(),
    }),
  );

export const updateApplication = (
  name: ApplicationName,
  body: { source?: Source; build?: { dockerfile: string; context: string }; hooks?: ReleaseHooks },
) =>
  unwrap(
    browserApi.PATCH('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}', {
      params: { path: toName(name) },
      body,
    }),
  );

export const deleteApplication = (name: ApplicationName) =>
  unwrap(
    browserApi.DELETE('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}', {
      params: { path: toName(name) },
    }),
  );

export interface WantedScale {
  readonly replicas: number;
  readonly resources?: { readonly cpu?: string; readonly memory?: string };
}

/** `isDry`: answers what it would do, and changes nothing. */
export const scale = (ref: ApplicationRef, processes: Record<string, WantedScale>, isDry = false) =>
  unwrap(
    browserApi.PATCH(
      '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/scaling',
      { params: { path: toRef(ref), query: { dryRun: isDry ? 'true' : 'false' } }, body: { processes } },
    ),
  );

export const scalePlanQuery = (ref: ApplicationRef, processes: Record<string, WantedScale>) =>
  queryOptions({
    queryKey: [...scalingQuery(ref).queryKey, 'plan', processes],
    queryFn: async () => (await scale(ref, processes, true)).plan,
    gcTime: 0,
    staleTime: 0,
    retry: false,
  });

/** `archive` is a gzipped tar; it is sent as it is. */
export const upload = (name: ApplicationName, archive: Blob) =>
  unwrap(
    browserApi.POST('/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/uploads', {
      params: { path: toName(name) },
      body: '',
      bodySerializer: () => archive,
      headers: { 'content-type': 'application/gzip', ...idempotencyKey() },
    }),
  );
