import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Access } from '../kernel/access/access.js';
import type { Permission } from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import type { Actor, TenantScope } from '../kernel/tenancy/caller.js';
import { sortPermissions } from './access.rules.js';

const roleName = z.string().nullable();

/** What GET /me says of the caller's rights. */
export const myAccessFields = {
  platformRoles: z.array(z.string()),
  platformPermissions: z.array(z.string()),
  memberships: z.array(
    z.object({
      tenant: z.string(),
      role: roleName.meta({ description: 'The strongest role in the whole tenant; null with roles in projects only.' }),
      permissions: z.array(z.string()).meta({ description: 'In the whole tenant.' }),
      projects: z
        .array(z.object({ project: z.string(), role: roleName, permissions: z.array(z.string()) }))
        .meta({ description: 'Roles in single projects, beside those in the whole tenant.' }),
    }),
  ),
};
type MyAccess = z.output<z.ZodObject<typeof myAccessFields>>;

/** What an actor may do, for the one who asks about himself: the portal shows by it what can be done. */
@Injectable()
export class MyAccessService {
  constructor(private readonly access: Access) {}

  async of(actor: Actor): Promise<MyAccess> {
    const held = await this.access.heldIn(actor, null);
    const scopes = await this.listScopes(actor);
    const roles = actor.kind === 'user' ? await this.access.rolesInForce(actor.id) : [];
    const roleIn = (tenantId: string, projectId: string | null) =>
      roles.find((role) => role.tenantId === tenantId && role.projectId === projectId)?.role ?? null;
    const memberships = scopes.map((scope) => ({
      tenant: scope.name,
      role: scope.role ?? roleIn(scope.id, null),
      permissions: allowedIn(actor, scope, scope.permissions),
      projects: [...scope.projectIds].map(([project, id]) => ({
        project,
        role: roleIn(scope.id, id),
        permissions: allowedIn(actor, scope, scope.projects.get(id) ?? new Set(), id),
      })),
    }));
    return {
      platformRoles: actor.kind === 'user' ? [...actor.platformRoles] : [],
      platformPermissions: [...sortPermissions(held)],
      memberships: memberships.sort((one, other) => (one.tenant < other.tenant ? -1 : 1)),
    };
  }

  /** The tenants that the actor has a role in himself; not all that an administrator sees. */
  private async listScopes(actor: Actor): Promise<TenantScope[]> {
    if (actor.kind === 'system') return [];
    const ids =
      actor.kind === 'robot'
        ? [actor.tenantId]
        : new Set((await this.access.rolesInForce(actor.id)).flatMap(({ tenantId }) => tenantId ?? []));
    const scopes = await Promise.all([...ids].map((id) => this.access.findTenantScope(actor, id)));
    return scopes.flatMap((scope) => scope ?? []);
  }
}

function allowedIn(actor: Actor, scope: TenantScope, held: ReadonlySet<Permission>, projectId?: string): string[] {
  return sortPermissions(held).filter((permission) => isAllowed(actor, scope, permission, projectId));
}
