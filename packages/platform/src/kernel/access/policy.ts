import type { Actor, TenantScope } from '../tenancy/caller.js';
import { levelOf, neverInAnothersName, type Permission } from './permissions.js';

/** A policy is boolean algebra over facts: `and(isMember(scope), or(isAdmin(actor), owns(…)))`. */
export const and = (...terms: readonly boolean[]): boolean => terms.every(Boolean);
export const or = (...terms: readonly boolean[]): boolean => terms.some(Boolean);
export const not = (term: boolean): boolean => !term;

export const isAdmin = (actor: Actor): boolean => actor.isAdmin;

/** Whether the actor's token, when it is narrowed, names the permission; who acts in another's name does not have all. */
export const isInScopes = (actor: Actor, permission: Permission): boolean =>
  actor.kind !== 'user' ||
  ((actor.scopes === undefined || actor.scopes.includes(permission)) &&
    (actor.impersonator === undefined || !neverInAnothersName.has(permission)));

/** Whether the actor came in person and by a token that is good for all that he may do. */
export const isInPerson = (actor: Actor): boolean =>
  actor.kind === 'user' && !actor.scopes && !actor.restrictedTo && !actor.impersonator;

/** Whether the actor's token, when it is bound to a tenant, is bound to this one; `null` is the platform. */
const isWithin = (actor: Actor, tenantId: string | null): boolean =>
  actor.kind !== 'user' || actor.restrictedTo?.tenantId === undefined || actor.restrictedTo.tenantId === tenantId;

/** Whether the actor holds anything in the whole tenant. Who has a say on the platform only holds nothing in its tenants. */
const hasStandingIn = ({ permissions }: TenantScope): boolean =>
  permissions.has('tenants:read') || [...permissions].some((permission) => levelOf(permission) !== 'platform');

/** Whether the tenant exists as far as this actor may know. */
export const canSeeTenant = (actor: Actor, scope: TenantScope): boolean =>
  isAdmin(actor) || (isWithin(actor, scope.id) && (hasStandingIn(scope) || scope.projects.size > 0));

/** Whether the project exists as far as this actor, who may see the tenant, may know. */
export const canSeeProject = (actor: Actor, scope: TenantScope, projectId: string): boolean =>
  isAdmin(actor) || hasStandingIn(scope) || scope.projects.has(projectId);

/** Whether the actor may do this: in one project, or (without one) in the whole tenant. */
export const isAllowed = (actor: Actor, scope: TenantScope, permission: Permission, projectId?: string): boolean =>
  isAdmin(actor) ||
  (isInScopes(actor, permission) &&
    isWithin(actor, scope.id) &&
    (scope.permissions.has(permission) ||
      (projectId !== undefined && scope.projects.get(projectId)?.has(permission) === true)));

/** Where in the tenant the actor may do this: `all` of it, or only the projects of these ids. Lists narrow themselves by it. */
export function projectsAllowed(actor: Actor, scope: TenantScope, permission: Permission): 'all' | readonly string[] {
  if (isAllowed(actor, scope, permission)) return 'all';
  return [...scope.projects.keys()].filter((id) => isAllowed(actor, scope, permission, id));
}

/** As a filter on a column `projectId`: undefined for the whole tenant. */
export function withinProjects(actor: Actor, scope: TenantScope, permission: Permission): { in: string[] } | undefined {
  const where = projectsAllowed(actor, scope, permission);
  return where === 'all' ? undefined : { in: [...where] };
}

/** Whether the actor may do this in the whole tenant or in any project of it. */
export const isAllowedSomewhere = (actor: Actor, scope: TenantScope, permission: Permission): boolean => {
  const where = projectsAllowed(actor, scope, permission);
  return where === 'all' || where.length > 0;
};

/** Whether the actor, who holds `held` on the platform, may do this there. */
export const isAllowedOnPlatform = (actor: Actor, held: ReadonlySet<Permission>, permission: Permission): boolean =>
  isAdmin(actor) || (isInScopes(actor, permission) && isWithin(actor, null) && held.has(permission));
