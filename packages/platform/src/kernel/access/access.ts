import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { fail } from '../errors/kernel.errors.js';
import { isId } from '../ids/ids.js';
import type { Actor, TenantScope } from '../tenancy/caller.js';
import { isRole, type Permission } from './permissions.js';
import { canSeeTenant, isAllowed } from './policy.js';

/** Answers what an actor may see and do; used by the guard and by the doors that are no routes. */
@Injectable()
export class Access {
  constructor(private readonly database: Database) {}

  /** The tenant by name or id with the actor's role; throws 404 when there is none or the actor may not know of it. */
  async getTenantScope(actor: Actor, nameOrId: string): Promise<TenantScope> {
    const scope = await this.findTenantScope(actor, nameOrId);
    if (!scope) throw fail('not-found', 'There is no tenant of this name that you may see.');
    return scope;
  }

  /** As `getTenantScope`, undefined instead of 404. */
  async findTenantScope(actor: Actor, nameOrId: string): Promise<TenantScope | undefined> {
    const tenant = await this.database.read.tenant.findUnique({
      where: isId(nameOrId) ? { id: nameOrId } : { name: nameOrId },
      select: { id: true, name: true, members: { where: { userId: userIdOf(actor) }, select: { role: true } } },
    });
    if (!tenant) return undefined;
    const role = actor.kind === 'user' ? (tenant.members[0]?.role ?? '') : '';
    const scope: TenantScope = { id: tenant.id, name: tenant.name, role: isRole(role) ? role : null };
    return canSeeTenant(actor, scope) ? scope : undefined;
  }

  /** Throws 403 when the actor, who may see the tenant, lacks the permission. */
  require(actor: Actor, scope: TenantScope, permission: Permission): void {
    if (!isAllowed(actor, scope, permission)) throw fail('forbidden', `This needs the permission ${permission}.`);
  }
}

/** A user's id; an id that no user has for the others. */
function userIdOf(actor: Actor): string {
  return actor.kind === 'user' ? actor.id : '00000000-0000-0000-0000-000000000000';
}
