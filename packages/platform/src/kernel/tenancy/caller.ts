import type { Permission, Role } from '../access/permissions.js';

/** Who asks. Robots belong to one tenant and carry their permissions with them. */
export type Actor =
  | { readonly kind: 'user'; readonly id: string; readonly username: string; readonly isAdmin: boolean }
  | {
      readonly kind: 'robot';
      readonly id: string;
      readonly username: string;
      readonly isAdmin: false;
      readonly tenantId: string;
      readonly projectId: string | null;
      readonly projectName: string | null;
      readonly permissions: readonly Permission[];
    }
  | { readonly kind: 'system'; readonly id: null; readonly username: string; readonly isAdmin: true };

/** The tenant a request is about. Every repository function of a tenant's data takes `tenantId` from here. */
export interface TenantScope {
  readonly id: string;
  readonly name: string;
  /** The actor's role there; null for a platform administrator or robot who is no member. */
  readonly role: Role | null;
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

/** The caller in whose name the worker changes things. */
export function systemCaller(name: string, requestId: string): Caller {
  return { actor: { kind: 'system', id: null, username: `system:${name}`, isAdmin: true }, requestId, source: null };
}
