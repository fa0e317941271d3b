import type { Permission, PlatformRole, Role } from '../access/permissions.js';

/** How a token narrows its bearer. */
export interface Narrowing {
  /** Only these of the permissions that the bearer has. */
  readonly scopes?: readonly Permission[];
  /** Only there. */
  readonly restrictedTo?: { readonly tenantId?: string };
  /** Who acts in the actor's name by it. */
  readonly impersonator?: { readonly id: string; readonly username: string };
  /** The session or token by which it came. */
  readonly sessionId?: string;
}

/** A person. `createUserActor` makes it. */
export interface UserActor extends Narrowing {
  readonly kind: 'user';
  readonly id: string;
  readonly username: string;
  readonly platformRoles: readonly PlatformRole[];
  /** An administrator whose token is not narrowed: may do everything everywhere. */
  readonly isAdmin: boolean;
}

/** A machine's account: belongs to one tenant and carries its permissions with it. */
export interface RobotActor {
  readonly kind: 'robot';
  readonly id: string;
  readonly username: string;
  readonly isAdmin: false;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly projectName: string | null;
  readonly permissions: readonly Permission[];
  readonly sessionId?: string;
}

/** The platform's own work. */
export interface SystemActor {
  readonly kind: 'system';
  readonly id: null;
  readonly username: string;
  readonly isAdmin: true;
}

/** Who asks. */
export type Actor = UserActor | RobotActor | SystemActor;

/** The tenant a request is about. Every repository function of a tenant's data takes `tenantId` from here. */
export interface TenantScope {
  readonly id: string;
  readonly name: string;
  /** `active`, `cordoned`, … : the tenant's state. */
  readonly state: string;
  /** The actor's strongest built-in role in the whole tenant, for display; null for none. Decide by `isAllowed`. */
  readonly role: Role | null;
  /** What the actor may do in the whole tenant, before a token's narrowing. */
  readonly permissions: ReadonlySet<Permission>;
  /** What the actor may do beyond that in single projects, by the project's id. */
  readonly projects: ReadonlyMap<string, ReadonlySet<Permission>>;
  /** The ids of these projects by name. */
  readonly projectIds: ReadonlyMap<string, string>;
}

/** A request, as services see it. */
export interface Caller {
  readonly actor: Actor;
  readonly requestId: string;
  /** The address the request came from. */
  readonly source: string | null;
  readonly userAgent?: string;
  /** Who acts in the actor's name. */
  readonly impersonator?: string;
  /** The session or the token that was used, by its id. */
  readonly sessionId?: string;
  /** The version in If-Match, when the caller insists on it. */
  readonly ifMatch?: number;
}

/** A request about a tenant: what a service behind `/tenants/:tenant/…` gets. */
export interface TenantCaller extends Caller {
  readonly tenant: TenantScope;
}

export function createUserActor(
  user: { id: string; username: string; platformRoles: readonly PlatformRole[] } & Narrowing,
): UserActor {
  const { id, username, platformRoles, scopes, restrictedTo, impersonator, sessionId } = user;
  const isAdmin = platformRoles.includes('admin') && !scopes && !restrictedTo && !impersonator;
  return {
    kind: 'user',
    id,
    username,
    platformRoles,
    isAdmin,
    ...(scopes && { scopes }),
    ...(restrictedTo && { restrictedTo }),
    ...(impersonator && { impersonator }),
    ...(sessionId !== undefined && { sessionId }),
  };
}

/** The caller in whose name the worker changes things. */
export function systemCaller(name: string, requestId: string): Caller {
  return { actor: { kind: 'system', id: null, username: `system:${name}`, isAdmin: true }, requestId, source: null };
}
