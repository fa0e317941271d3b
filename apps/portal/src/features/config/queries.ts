import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, unwrap } from '@/lib/api';
import type { ApplicationRef, EnvironmentRef, ProjectRef } from '@/lib/paths';
import type { ConfigPatch } from './config-edits';

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

export const applyConfig = (ref: ApplicationRef, body: ConfigPatch) =>
  unwrap(
    browserApi.PATCH(
      '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/config',
      { params: { path: { ...ref } }, body },
    ),
  );

/** What a rollout with the change would do. The values of secrets are asked about and kept nowhere. */
export const configPlanQuery = (ref: ApplicationRef, body: ConfigPatch) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'config', 'plan', toNames(body)],
    queryFn: async ({ signal }) => {
      const params = { path: { ...ref }, query: { dryRun: 'true' } } as const;
      return (
        await unwrap(
          browserApi.PATCH(
            '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/config',
            { params, body, signal },
          ),
        )
      ).plan;
    },
    gcTime: 0,
    staleTime: 0,
    retry: false,
  });

const toNames = ({ variables, secrets }: ConfigPatch) => [Object.keys(variables), Object.keys(secrets)];

export const effectiveConfigQuery = (ref: ApplicationRef) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'config', 'effective'],
    queryFn: ({ signal }) =>
      unwrap(
        browserApi.GET(
          '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/config/effective',
          { params: { path: { ...ref } }, signal },
        ),
      ),
  });

/** A scope around applications. */
export type OuterPlace = { readonly tenant: string; readonly project?: undefined } | ProjectRef | EnvironmentRef;

export const scopeOf = (place: OuterPlace): 'tenant' | 'project' | 'environment' =>
  'environment' in place ? 'environment' : place.project === undefined ? 'tenant' : 'project';

export function scopePath(place: OuterPlace): string {
  const project = place.project === undefined ? '' : `/projects/${place.project}`;
  return `/tenants/${place.tenant}${project}${'environment' in place ? `/environments/${place.environment}` : ''}`;
}

const ofTenant = '/api/v1/tenants/{tenant}/config';
const ofProject = '/api/v1/tenants/{tenant}/projects/{project}/config';
const ofEnvironment = '/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}/config';
const scopeKey = (place: OuterPlace) => ['t', place.tenant, 'config', scopePath(place)];

/** What is set there, and what counts there. */
export const scopeConfigQuery = (place: OuterPlace) =>
  queryOptions({
    queryKey: scopeKey(place),
    queryFn: async ({ signal }) => {
      const [config, effective] = await Promise.all(readScope(place, signal));
      return { config, effective };
    },
  });

function readScope(place: OuterPlace, signal: AbortSignal) {
  const { tenant } = place;
  if (place.project === undefined) {
    const options = { params: { path: { tenant } }, signal };
    return [
      unwrap(browserApi.GET(ofTenant, options)),
      unwrap(browserApi.GET(`${ofTenant}/effective`, options)),
    ] as const;
  }
  if ('environment' in place) {
    const options = { params: { path: { ...place } }, signal };
    return [
      unwrap(browserApi.GET(ofEnvironment, options)),
      unwrap(browserApi.GET(`${ofEnvironment}/effective`, options)),
    ] as const;
  }
  const options = { params: { path: { tenant, project: place.project } }, signal };
  return [
    unwrap(browserApi.GET(ofProject, options)),
    unwrap(browserApi.GET(`${ofProject}/effective`, options)),
  ] as const;
}

/** `isDry`: answers whom it would reach, and changes nothing. */
export function changeScopeConfig(place: OuterPlace, body: ConfigPatch, isDry: boolean) {
  const { tenant } = place;
  const query = { dryRun: isDry ? 'true' : 'false' } as const;
  if (place.project === undefined)
    return unwrap(browserApi.PATCH(ofTenant, { params: { path: { tenant }, query }, body }));
  const { project } = place;
  if ('environment' in place)
    return unwrap(browserApi.PATCH(ofEnvironment, { params: { path: { ...place }, query }, body }));
  return unwrap(browserApi.PATCH(ofProject, { params: { path: { tenant, project }, query }, body }));
}

/** Whom a change would reach. The values of secrets are asked about and kept nowhere. */
export const reachQuery = (place: OuterPlace, patch: ConfigPatch) =>
  queryOptions({
    queryKey: [...scopeKey(place), 'reach', toNames(patch)],
    queryFn: () => changeScopeConfig(place, patch, true),
    gcTime: 0,
    staleTime: 0,
  });
