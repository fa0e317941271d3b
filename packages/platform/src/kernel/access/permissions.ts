/** What a role in a tenant may do there. `owner` has all; each smaller role is listed by what it adds. */
const viewer = [
  'tenants:read',
  'members:read',
  'projects:read',
  'environments:read',
  'applications:read',
  'builds:read',
  'releases:read',
  'rollouts:read',
  'config:read',
  'scaling:read',
  'domains:read',
  'pods:read',
  'logs:read',
  'events:read',
  'operations:read',
  'repositories:read',
] as const;

const operator = [...viewer, 'rollouts:write', 'scaling:write', 'operations:write', 'pods:exec'] as const;

const developer = [
  ...operator,
  'applications:write',
  'sources:write',
  'builds:write',
  'releases:write',
  'config:write',
  'domains:write',
  'repositories:write',
  'workloads:write',
] as const;

const admin = [
  ...developer,
  'members:write',
  'projects:write',
  'projects:delete',
  'environments:write',
  'environments:delete',
  'applications:delete',
  'repositories:delete',
  'robots:read',
  'robots:write',
  'secrets:read',
  'audit:read',
] as const;

const owner = [...admin, 'tenants:write', 'owners:write'] as const;

/** What nobody but a platform administrator may do. */
const platform = [
  'tenants:create',
  'tenants:delete',
  'users:read',
  'users:write',
  'clusters:read',
  'audit:read-all',
] as const;

export type Permission = (typeof owner)[number] | (typeof platform)[number];
export type Role = 'owner' | 'admin' | 'developer' | 'operator' | 'viewer';

export const roles: readonly Role[] = ['owner', 'admin', 'developer', 'operator', 'viewer'];

export const permissionsOfRole: Readonly<Record<Role, readonly Permission[]>> = {
  owner,
  admin,
  developer,
  operator,
  viewer,
};

export const allPermissions: readonly Permission[] = [...owner, ...platform];

/** What a robot may be given. */
export const robotPermissions = [
  'repositories:read',
  'repositories:write',
  'sources:write',
  'builds:read',
  'builds:write',
  'applications:read',
  'releases:read',
  'releases:write',
  'rollouts:read',
  'rollouts:write',
] as const satisfies readonly Permission[];

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text);
}

export function isPermission(text: string): text is Permission {
  return allPermissions.some((permission) => permission === text);
}
