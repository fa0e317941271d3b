import {
  allPermissions,
  isPlatformRole,
  isRole,
  levelOf,
  type Permission,
  permissionsOfPlatformRole,
  permissionsOfRole,
  permissionsOfRoleOnProject,
  platformRoles,
  roles,
} from '../kernel/access/permissions.js';

/** Where a role is given: on the platform, in a tenant, or in one project of it. */
export interface Place {
  readonly tenantId: string | null;
  readonly projectId: string | null;
}

export const isReservedRoleName = (name: string): boolean => isRole(name) || isPlatformRole(name);

/** What of `wanted` is not in `held`: nobody gives, changes or takes away what he lacks. */
export const lacking = (wanted: Iterable<Permission>, held: ReadonlySet<Permission>): readonly Permission[] =>
  [...wanted].filter((permission) => !held.has(permission));

/** What of these cannot be part of a tenant's role. */
export const ofPlatformOnly = (permissions: readonly Permission[]): readonly Permission[] =>
  permissions.filter((permission) => levelOf(permission) === 'platform');

/** Whether a binding is one that a tenant's last-owner rule counts: a user's, without an end. */
export const isLastingOwner = (binding: { role: string; userId: string | null; expiresAt: Date | null }): boolean =>
  binding.role === 'owner' && binding.userId !== null && binding.expiresAt === null;

/** Whether a tenant would be without a lasting owner once `leaving` are no owners any more. */
export function wouldLoseLastOwner(owners: readonly { id: string }[], leaving: readonly { id: string }[]): boolean {
  const ids = new Set(leaving.map(({ id }) => id));
  return owners.some(({ id }) => ids.has(id)) && owners.every(({ id }) => ids.has(id));
}

/** The built-in roles that can be given in a place, each with what it holds there. */
export function builtInRoles(place: Place): ReadonlyMap<string, ReadonlySet<Permission>> {
  if (place.tenantId === null) return new Map(platformRoles.map((role) => [role, permissionsOfPlatformRole[role]]));
  const table = place.projectId === null ? permissionsOfRole : permissionsOfRoleOnProject;
  return new Map(roles.map((role) => [role, table[role]]));
}

/** The smallest built-in roles first that hold the permission in a place. */
export function rolesWith(permission: Permission, place: Place): readonly string[] {
  const holding = [...builtInRoles(place)].filter(([, held]) => held.has(permission));
  return holding.sort(([, one], [, other]) => one.size - other.size).map(([name]) => name);
}

/** In the catalogue's order. */
export const sortPermissions = (permissions: Iterable<Permission>): readonly Permission[] => {
  const wanted = new Set(permissions);
  return allPermissions.filter((permission) => wanted.has(permission));
};
