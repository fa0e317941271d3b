import type { RobotActor, TenantScope } from '../tenancy/caller.js';
import {
  isPermission,
  isPlatformRole,
  isRole,
  levelOf,
  type Permission,
  type PlatformRole,
  permissionsOfPlatformRole,
  permissionsOfRole,
  permissionsOfRoleOnProject,
  type Role,
  roles,
} from './permissions.js';

/** A role that a user holds, directly or by a group. */
export interface Grant {
  readonly tenantId: string | null;
  readonly projectId: string | null;
  readonly projectName: string | null;
  readonly role: string;
  /** What a custom role holds; null for a built-in one. */
  readonly custom: readonly string[] | null;
  readonly expiresAt: Date | null;
}

/** What grants come to in one place at one time. */
type Rights = Pick<TenantScope, 'role' | 'permissions' | 'projects' | 'projectIds'>;

const none: ReadonlySet<Permission> = new Set();

/** What the role of a grant holds where it is granted. A role that is not known any more holds nothing. */
export function permissionsOfGrant(
  grant: Pick<Grant, 'tenantId' | 'projectId' | 'role' | 'custom'>,
): ReadonlySet<Permission> {
  if (grant.custom) {
    const permissions = grant.custom.filter(isPermission);
    const level = grant.projectId !== null ? ['project'] : ['project', 'tenant'];
    return new Set(
      grant.tenantId === null ? permissions : permissions.filter((permission) => level.includes(levelOf(permission))),
    );
  }
  if (grant.tenantId === null) return isPlatformRole(grant.role) ? permissionsOfPlatformRole[grant.role] : none;
  if (!isRole(grant.role)) return none;
  return grant.projectId === null ? permissionsOfRole[grant.role] : permissionsOfRoleOnProject[grant.role];
}

/** All that one user has been granted; answers for a place are kept until one of its grants ends. */
export class Grants {
  private readonly kept = new Map<string, { rights: Rights; until: number }>();
  private readonly byTenant: ReadonlyMap<string, readonly Grant[]>;
  private readonly ofPlatform: readonly Grant[];

  constructor(
    private readonly grants: readonly Grant[],
    /** When they were read, for those who keep them. */
    readonly readAt: number,
    /** False for a user who is disabled, or is no more. */
    readonly isActive = true,
  ) {
    const byTenant = new Map<string, Grant[]>();
    for (const grant of grants) {
      if (grant.tenantId === null) continue;
      const list = byTenant.get(grant.tenantId);
      if (list) list.push(grant);
      else byTenant.set(grant.tenantId, [grant]);
    }
    this.byTenant = byTenant;
    this.ofPlatform = grants.filter((grant) => grant.tenantId === null);
  }

  inForce(now: Date): readonly Grant[] {
    return this.grants.filter((grant) => isInForce(grant, now.getTime()));
  }

  platformRoles(now: Date): readonly PlatformRole[] {
    const names = this.ofPlatform.filter((grant) => isInForce(grant, now.getTime()) && !grant.custom);
    return [...new Set(names.map(({ role }) => role).filter(isPlatformRole))];
  }

  onPlatform(now: Date): ReadonlySet<Permission> {
    return this.rightsIn(null, now).permissions;
  }

  /** In a tenant, or (null) on the platform. */
  rightsIn(tenantId: string | null, now: Date): Rights {
    const key = tenantId ?? '';
    const time = now.getTime();
    const kept = this.kept.get(key);
    if (kept && kept.until > time) return kept.rights;
    const grants = [...this.ofPlatform, ...(tenantId === null ? [] : (this.byTenant.get(tenantId) ?? []))];
    const current = grants.filter((grant) => isInForce(grant, time));
    const ends = current.map((grant) => grant.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
    const rights = toRights(current);
    this.kept.set(key, { rights, until: Math.min(...ends, Number.POSITIVE_INFINITY) });
    return rights;
  }
}

/** A robot carries what it may do with it. */
export function rightsOfRobot(robot: RobotActor, tenantId: string): Rights {
  const held = robot.tenantId === tenantId ? new Set(robot.permissions) : none;
  if (robot.projectId === null) return { role: null, permissions: held, projects: new Map(), projectIds: new Map() };
  const isHere = robot.tenantId === tenantId;
  return {
    role: null,
    permissions: none,
    projects: isHere ? new Map([[robot.projectId, held]]) : new Map(),
    projectIds: isHere && robot.projectName !== null ? new Map([[robot.projectName, robot.projectId]]) : new Map(),
  };
}

export const noRights: Rights = { role: null, permissions: none, projects: new Map(), projectIds: new Map() };

const isInForce = (grant: Grant, time: number): boolean => grant.expiresAt === null || grant.expiresAt.getTime() > time;

function toRights(grants: readonly Grant[]): Rights {
  const wide = grants.filter((grant) => grant.projectId === null);
  const projects = new Map<string, ReadonlySet<Permission>>();
  const projectIds = new Map<string, string>();
  for (const grant of grants) {
    if (grant.projectId === null) continue;
    const held = permissionsOfGrant(grant);
    const before = projects.get(grant.projectId);
    projects.set(grant.projectId, before ? new Set([...before, ...held]) : held);
    if (grant.projectName !== null) projectIds.set(grant.projectName, grant.projectId);
  }
  return { role: strongest(wide), permissions: union(wide.map(permissionsOfGrant)), projects, projectIds };
}

function union(sets: readonly ReadonlySet<Permission>[]): ReadonlySet<Permission> {
  const [first = none, ...rest] = sets;
  return rest.length === 0 ? first : new Set(sets.flatMap((set) => [...set]));
}

function strongest(grants: readonly Grant[]): Role | null {
  const names = new Set(grants.filter((grant) => grant.tenantId !== null && !grant.custom).map(({ role }) => role));
  return roles.find((role) => names.has(role)) ?? null;
}
