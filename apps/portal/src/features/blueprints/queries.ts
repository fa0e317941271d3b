import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { NewBlueprint } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';

/** Whose blueprints: a tenant's, or (without one) the platform's. */
export type BlueprintOwner = string | undefined;

const ofTenant = '/api/v1/tenants/{tenant}/blueprints';
const ofProject = '/api/v1/tenants/{tenant}/projects/{project}/blueprint';

/** Those that a tenant may use, its own among them. */
export const tenantBlueprintsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['t', tenant, 'blueprints'],
    queryFn: async ({ signal }) =>
      (await unwrap(browserApi.GET(ofTenant, { params: { path: { tenant }, query: { limit: 500 } }, signal }))).items,
  });

export const createBlueprint = (tenant: BlueprintOwner, body: NewBlueprint) =>
  tenant === undefined
    ? unwrap(browserApi.POST('/api/v1/blueprints', { body, headers: idempotencyKey() }))
    : unwrap(browserApi.POST(ofTenant, { params: { path: { tenant } }, body, headers: idempotencyKey() }));

export const deleteBlueprint = (tenant: BlueprintOwner, blueprint: string) =>
  tenant === undefined
    ? unwrap(browserApi.DELETE('/api/v1/blueprints/{blueprint}', { params: { path: { blueprint } } }))
    : unwrap(browserApi.DELETE(`${ofTenant}/{blueprint}`, { params: { path: { tenant, blueprint } } }));

/** What the newest version of its blueprint would change in a project. */
export const projectBlueprintQuery = ({ tenant, project }: ProjectRef) =>
  queryOptions({
    queryKey: ['t', tenant, 'p', project, 'blueprint'],
    queryFn: ({ signal }) => unwrap(browserApi.GET(ofProject, { params: { path: { tenant, project } }, signal })),
    retry: false,
  });

export const applyBlueprint = (
  { tenant, project }: ProjectRef,
  body: { version: number; remove: string[]; overwrite: string[] },
) =>
  unwrap(
    browserApi.POST(`${ofProject}/apply`, { params: { path: { tenant, project } }, body, headers: idempotencyKey() }),
  );
