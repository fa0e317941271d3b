import type { Actor, TenantScope } from '../tenancy/caller.js';
import { type Permission, permissionsOfRole } from './permissions.js';

/** A policy is boolean algebra over facts: `and(isMember(scope), or(isAdmin(actor), owns(…)))`. */
export const and = (...terms: readonly boolean[]): boolean => terms.every(Boolean);
export const or = (...terms: readonly boolean[]): boolean => terms.some(Boolean);
export const not = (term: boolean): boolean => !term;

export const isAdmin = (actor: Actor): boolean => actor.isAdmin;
export const isMember = (scope: TenantScope): boolean => scope.role !== null;
export const isRobotOf = (actor: Actor, tenantId: string): boolean =>
  actor.kind === 'robot' && actor.tenantId === tenantId;

/** Whether the tenant exists as far as this actor may know. */
export const canSeeTenant = (actor: Actor, scope: TenantScope): boolean =>
  or(isAdmin(actor), isMember(scope), isRobotOf(actor, scope.id));

const hasRolePermission = (scope: TenantScope, permission: Permission): boolean =>
  scope.role !== null && permissionsOfRole[scope.role].includes(permission);

const hasRobotPermission = (actor: Actor, permission: Permission): boolean =>
  actor.kind === 'robot' && actor.permissions.includes(permission);

/** Whether the actor may do this in this tenant. */
export const isAllowed = (actor: Actor, scope: TenantScope, permission: Permission): boolean =>
  or(
    isAdmin(actor),
    hasRolePermission(scope, permission),
    and(isRobotOf(actor, scope.id), hasRobotPermission(actor, permission)),
  );
