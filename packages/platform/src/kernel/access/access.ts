import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { anySignal } from '../clock/any-signal.js';
import { Clock } from '../clock/clock.js';
import { Database, notify, type Transaction } from '../database/index.js';
import { fail } from '../errors/kernel.errors.js';
import { isId } from '../ids/ids.js';
import type { Actor, TenantScope } from '../tenancy/caller.js';
import { BoundedMap } from './bounded-map.js';
import { type Grant, Grants, noRights, rightsOfRobot } from './grants.js';
import { allPermissions, type Permission, type PlatformRole } from './permissions.js';
import { canSeeTenant, isAllowed, isAllowedOnPlatform, isAllowedSomewhere, isInPerson, isInScopes } from './policy.js';

const accessChannel = 'slipway_access';
/** What is kept is read again after this time even when no notice came. */
const keptMilliseconds = 30_000;

interface TenantEntry {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly readAt: number;
}

/** Where an actor may do something: everywhere, or in these whole tenants and these single projects (ids). */
export type Reach = 'everywhere' | { readonly tenants: readonly string[]; readonly projects: readonly string[] };

/** A built-in or custom role that is in force, and the tenant or project it holds in (null: the platform). */
export interface RoleInForce {
  readonly tenantId: string | null;
  readonly projectId: string | null;
  readonly role: string;
  readonly isCustom: boolean;
}

/**
 * To be called in the transaction of every change of a binding, role, group membership, user or tenant: what every process
 * keeps of it is dropped when the transaction commits, in this one before the change is answered. `about` narrows that to one user
 * or one tenant.
 */
export async function noteAccessChange(
  tx: Transaction,
  about: { readonly userId: string } | { readonly tenantId: string } | 'all' = 'all',
): Promise<void> {
  const text = about === 'all' ? '' : 'userId' in about ? `user:${about.userId}` : `tenant:${about.tenantId}`;
  await notify(tx, accessChannel, text);
}

/**
 * Answers what an actor may see and do; used by the guard and by the doors that are no routes. What was read is kept only
 * while PostgreSQL tells us of changes: without its notices, everything is read anew each time.
 */
@Injectable()
export class Access implements BeforeApplicationShutdown {
  private readonly grants = new BoundedMap<Promise<Grants>>(20_000);
  private readonly tenants = new BoundedMap<TenantEntry>(20_000);
  private readonly stopping = new AbortController();
  private listening: Promise<void> | undefined;
  private isTold = false;
  /** Rises with each notice: what was being read meanwhile is not kept. */
  private notices = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The tenant by name or id with the actor's rights; throws 404 when there is none or the actor may not know of it. */
  async getTenantScope(actor: Actor, nameOrId: string): Promise<TenantScope> {
    const scope = await this.findTenantScope(actor, nameOrId);
    if (!scope) throw fail('not-found', 'There is no tenant of this name that you may see.');
    return scope;
  }

  /** As `getTenantScope`, undefined instead of 404. */
  async findTenantScope(actor: Actor, nameOrId: string): Promise<TenantScope | undefined> {
    const tenant = await this.findTenant(nameOrId);
    if (!tenant) return undefined;
    const { id, name, state } = tenant;
    const { role, permissions, projects, projectIds } = await this.rightsOf(actor, id);
    const scope: TenantScope = { id, name, state, role, permissions, projects, projectIds };
    return canSeeTenant(actor, scope) ? scope : undefined;
  }

  /** Throws 403 when the actor, who may see the tenant, lacks the permission in the project or in the whole tenant. */
  require(actor: Actor, scope: TenantScope, permission: Permission, projectId?: string): void {
    if (!isAllowed(actor, scope, permission, projectId))
      throw fail('forbidden', `This needs the permission ${permission}.`);
  }

  /** As `require`, content with the permission in any project: the service narrows what is seen to `projectsAllowed`. */
  requireSomewhere(actor: Actor, scope: TenantScope, permission: Permission): void {
    if (!isAllowedSomewhere(actor, scope, permission))
      throw fail('forbidden', `This needs the permission ${permission}.`);
  }

  async isAllowedOnPlatform(actor: Actor, permission: Permission): Promise<boolean> {
    if (actor.isAdmin) return true;
    if (actor.kind !== 'user') return false;
    const held = (await this.grantsOf(actor.id)).onPlatform(this.clock.now());
    return isAllowedOnPlatform(actor, held, permission);
  }

  async requireOnPlatform(actor: Actor, permission: Permission): Promise<void> {
    if (await this.isAllowedOnPlatform(actor, permission)) return;
    throw fail('forbidden', `This needs the permission ${permission} on the platform.`);
  }

  /** All that the actor may do on the platform (null), in a whole tenant, or in one project of it: what he may give others. */
  async heldIn(actor: Actor, tenantId: string | null, projectId?: string): Promise<ReadonlySet<Permission>> {
    if (actor.kind === 'system') return new Set(allPermissions);
    if (tenantId === null) {
      const held = actor.kind === 'user' ? (await this.grantsOf(actor.id)).onPlatform(this.clock.now()) : [];
      return new Set([...held].filter((permission) => isAllowedOnPlatform(actor, new Set(held), permission)));
    }
    const scope = await this.findTenantScope(actor, tenantId);
    if (!scope) return new Set();
    return new Set(allPermissions.filter((permission) => isAllowed(actor, scope, permission, projectId)));
  }

  /** Where the actor may do this, for lists that go over tenants. */
  async reach(actor: Actor, permission: Permission): Promise<Reach> {
    if (await this.isAllowedOnPlatform(actor, permission)) return 'everywhere';
    if (actor.kind === 'system' || !isInScopes(actor, permission)) return { tenants: [], projects: [] };
    if (actor.kind === 'robot') {
      const isHeld = actor.permissions.includes(permission);
      if (actor.projectId !== null) return { tenants: [], projects: isHeld ? [actor.projectId] : [] };
      return { tenants: isHeld ? [actor.tenantId] : [], projects: [] };
    }
    const now = this.clock.now();
    const grants = await this.grantsOf(actor.id);
    const only = actor.restrictedTo?.tenantId;
    if (only === undefined && grants.onPlatform(now).has(permission)) return 'everywhere';
    const ids = new Set(grants.inForce(now).flatMap(({ tenantId }) => tenantId ?? []));
    const places = [...ids]
      .filter((id) => only === undefined || id === only)
      .map((id) => ({ id, rights: grants.rightsIn(id, now) }));
    if (only !== undefined && grants.onPlatform(now).has(permission)) return { tenants: [only], projects: [] };
    return {
      tenants: places.filter(({ rights }) => rights.permissions.has(permission)).map(({ id }) => id),
      projects: places.flatMap(({ rights }) =>
        rights.permissions.has(permission)
          ? []
          : [...rights.projects].filter(([, held]) => held.has(permission)).map(([id]) => id),
      ),
    };
  }

  /** The platform roles of a user; who makes an actor of a user asks this. */
  async platformRolesOf(userId: string): Promise<readonly PlatformRole[]> {
    return (await this.grantsOf(userId)).platformRoles(this.clock.now());
  }

  /** Whether there is such a user, who is not disabled. */
  async isActive(userId: string): Promise<boolean> {
    return (await this.grantsOf(userId)).isActive;
  }

  /**
   * Whether the actor may act as this user: in person only, and never as himself or as somebody who has a role on the platform.
   * Asked at each use, so that it ends with the right.
   */
  async canActAs(actor: Actor, userId: string): Promise<boolean> {
    if (!isInPerson(actor) || actor.id === userId) return false;
    if (!(await this.isAllowedOnPlatform(actor, 'users:impersonate'))) return false;
    const grants = await this.grantsOf(userId);
    return grants.isActive && grants.inForce(this.clock.now()).every(({ tenantId }) => tenantId !== null);
  }

  /** Every role that a user holds now, directly or by a group. */
  async rolesInForce(userId: string): Promise<readonly RoleInForce[]> {
    const grants = (await this.grantsOf(userId)).inForce(this.clock.now());
    return grants.map(({ tenantId, projectId, role, custom }) => ({
      tenantId,
      projectId,
      role,
      isCustom: custom !== null,
    }));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.listening;
  }

  private async rightsOf(actor: Actor, tenantId: string) {
    if (actor.kind === 'system') return noRights;
    if (actor.kind === 'robot') return rightsOfRobot(actor, tenantId);
    return (await this.grantsOf(actor.id)).rightsIn(tenantId, this.clock.now());
  }

  private async findTenant(nameOrId: string): Promise<TenantEntry | undefined> {
    this.listening ??= this.listen();
    const kept = this.isTold ? this.tenants.get(nameOrId) : undefined;
    if (kept && this.isFresh(kept.readAt)) return kept;
    const notices = this.notices;
    const row = await this.database.read.tenant.findUnique({
      where: isId(nameOrId) ? { id: nameOrId } : { name: nameOrId },
      select: { id: true, name: true, state: true },
    });
    if (!row) return undefined;
    const entry = { ...row, readAt: this.clock.now().getTime() };
    if (this.isTold && notices === this.notices) this.tenants.set(nameOrId, entry);
    return entry;
  }

  private async grantsOf(userId: string): Promise<Grants> {
    this.listening ??= this.listen();
    const kept = this.isTold ? await this.grants.get(userId) : undefined;
    if (kept && this.isFresh(kept.readAt)) return kept;
    const reading = this.readGrants(userId);
    if (this.isTold) {
      this.grants.set(userId, reading);
      reading.catch(() => this.grants.delete(userId));
    }
    return reading;
  }

  private isFresh(readAt: number): boolean {
    return this.clock.now().getTime() - readAt < keptMilliseconds;
  }

  private async readGrants(userId: string): Promise<Grants> {
    const readAt = this.clock.now().getTime();
    const [user, memberships] = await Promise.all([
      this.database.read.user.findUnique({ where: { id: userId }, select: { disabledAt: true } }),
      this.database.read.groupMember.findMany({ where: { userId }, select: { groupId: true } }),
    ]);
    // Whatever lets a disabled user in, there is nothing that he may do.
    if (!user || user.disabledAt) return new Grants([], readAt, false);
    // By ids, which are found by index: asked for by way of the groups, every binding of the platform would be looked at.
    const groupId = { in: memberships.map((membership) => membership.groupId) };
    const rows = await this.database.read.roleBinding.findMany({
      where: { OR: [{ userId }, { groupId }] },
      select: {
        tenantId: true,
        projectId: true,
        role: true,
        expiresAt: true,
        project: { select: { name: true } },
        customRole: { select: { permissions: true } },
      },
    });
    const grants = rows.map(
      ({ project, customRole, ...row }): Grant => ({
        ...row,
        projectName: project?.name ?? null,
        custom: customRole?.permissions ?? null,
      }),
    );
    return new Grants(grants, readAt);
  }

  private forget(about: string): void {
    this.notices++;
    const [kind, id = ''] = about.split(':');
    if (kind === 'user') this.grants.delete(id);
    else {
      // What changed of a tenant may be its members: whose, only the database knows.
      this.grants.clear();
      this.tenants.clear();
    }
  }

  private async listen(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const lost = new AbortController();
        const end = await this.database.listen(
          accessChannel,
          (about) => this.forget(about),
          () => {
            this.isTold = false;
            lost.abort();
          },
        );
        this.forget('all');
        this.isTold = !lost.signal.aborted;
        await this.clock.sleep(2 ** 30, anySignal([signal, lost.signal]));
        this.isTold = false;
        await end().catch(() => undefined);
      } catch {
        await this.clock.sleep(2_000, signal);
      }
    }
  }
}
