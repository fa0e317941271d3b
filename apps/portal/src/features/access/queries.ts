import { queryOptions } from '@tanstack/react-query';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { Member } from '@/lib/contract';

const all = { limit: 500 };

/** Where roles are given: on the platform, in a tenant, or in one project of it. */
export interface Place {
  readonly tenant?: string;
  readonly project?: string;
}

export interface NewMember {
  readonly username?: string;
  readonly group?: string;
  readonly role: string;
  readonly expiresAt?: string;
}

const tenantMembers = '/api/v1/tenants/{tenant}/members';
const projectMembers = '/api/v1/tenants/{tenant}/projects/{project}/members';
const platformMembers = '/api/v1/platform-members';

export const membersKey = ({ tenant, project }: Place) =>
  tenant === undefined ? ['platform-members'] : ['t', tenant, 'members', project ?? ''];

export const membersQuery = ({ tenant, project }: Place, api: Api = browserApi) =>
  queryOptions({
    queryKey: membersKey({ tenant, project }),
    queryFn: async ({ signal }): Promise<readonly Member[]> => {
      const query = all;
      if (tenant === undefined) return (await unwrap(api.GET(platformMembers, { params: { query }, signal }))).items;
      if (project === undefined)
        return (await unwrap(api.GET(tenantMembers, { params: { path: { tenant }, query }, signal }))).items;
      return (await unwrap(api.GET(projectMembers, { params: { path: { tenant, project }, query }, signal }))).items;
    },
  });

export function addMember({ tenant, project }: Place, body: NewMember) {
  const headers = idempotencyKey();
  if (tenant === undefined) return unwrap(browserApi.POST(platformMembers, { body, headers }));
  if (project === undefined)
    return unwrap(browserApi.POST(tenantMembers, { params: { path: { tenant } }, body, headers }));
  return unwrap(browserApi.POST(projectMembers, { params: { path: { tenant, project } }, body, headers }));
}

/** `member` is the id of the one role. */
export function changeRole({ tenant, project }: Place, member: string, role: string) {
  const body = { role };
  if (tenant === undefined)
    return unwrap(browserApi.PATCH(`${platformMembers}/{member}`, { params: { path: { member } }, body }));
  if (project === undefined)
    return unwrap(browserApi.PATCH(`${tenantMembers}/{member}`, { params: { path: { tenant, member } }, body }));
  return unwrap(
    browserApi.PATCH(`${projectMembers}/{member}`, { params: { path: { tenant, project, member } }, body }),
  );
}

export function removeMember({ tenant, project }: Place, member: string) {
  if (tenant === undefined)
    return unwrap(browserApi.DELETE(`${platformMembers}/{member}`, { params: { path: { member } } }));
  if (project === undefined)
    return unwrap(browserApi.DELETE(`${tenantMembers}/{member}`, { params: { path: { tenant, member } } }));
  return unwrap(browserApi.DELETE(`${projectMembers}/{member}`, { params: { path: { tenant, project, member } } }));
}

export const rolesQuery = (tenant: string | undefined) =>
  queryOptions({
    queryKey: tenant === undefined ? ['platform-roles'] : ['t', tenant, 'roles'],
    queryFn: async ({ signal }) =>
      tenant === undefined
        ? (await unwrap(browserApi.GET('/api/v1/roles', { params: { query: all }, signal }))).items
        : (
            await unwrap(
              browserApi.GET('/api/v1/tenants/{tenant}/roles', { params: { path: { tenant }, query: all }, signal }),
            )
          ).items,
  });

export const permissionsQuery = () =>
  queryOptions({
    queryKey: ['permissions'],
    queryFn: async ({ signal }) =>
      (await unwrap(browserApi.GET('/api/v1/permissions', { params: { query: all }, signal }))).items,
  });

export function createRole(tenant: string | undefined, body: { name: string; permissions: string[] }) {
  const headers = idempotencyKey();
  return tenant === undefined
    ? unwrap(browserApi.POST('/api/v1/roles', { body, headers }))
    : unwrap(browserApi.POST('/api/v1/tenants/{tenant}/roles', { params: { path: { tenant } }, body, headers }));
}

export const deleteRole = (tenant: string | undefined, role: string) =>
  tenant === undefined
    ? unwrap(browserApi.DELETE('/api/v1/roles/{role}', { params: { path: { role } } }))
    : unwrap(browserApi.DELETE('/api/v1/tenants/{tenant}/roles/{role}', { params: { path: { tenant, role } } }));

export const explain = (query: { user?: string; tenant?: string; project?: string; permission: string }) =>
  unwrap(browserApi.GET('/api/v1/access/explain', { params: { query } }));
