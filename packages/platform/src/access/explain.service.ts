import { Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import {
  allPermissions,
  describePermission,
  levelOf,
  permissionsOfPlatformRole,
  permissionsOfRole,
  platformRoles,
  roles,
} from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import type { Page } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller, TenantScope } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import type { Place } from './access.rules.js';
import { type ExplainAnswer, type ExplainQuery, type PermissionAnswer, toReason, toSentence } from './explain.dto.js';
import { explain, type KnownBinding } from './explain.rules.js';
import { toPageInMemory } from './page-in-memory.js';

const tellAtMost = 5;

/** Says why somebody may or may not do something: about oneself, or about others to whoever may list the members there. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly database: Database,
    private readonly access: Access,
    private readonly projects: ProjectsService,
    private readonly clock: Clock,
  ) {}

  async explain(caller: Caller, query: ExplainQuery): Promise<ExplainAnswer> {
    const { actor } = caller;
    const { permission } = query;
    const scope = query.tenant === undefined ? undefined : await this.access.getTenantScope(actor, query.tenant);
    const project = await this.findProject(caller, scope, query.project);
    const place: Place = { tenantId: scope?.id ?? null, projectId: project?.id ?? null };
    const user = query.user ?? actor.username;
    const isSelf = user === actor.username;
    if (!isSelf && scope) this.access.require(actor, scope, 'members:read', project?.id);
    else if (!isSelf) await this.access.requireOnPlatform(actor, 'platform-members:read');
    const names = { user, permission, tenant: scope?.name ?? null, project: project?.name ?? null };
    const tenantState = scope && scope.state !== 'active' ? scope.state : null;
    if (isSelf && actor.kind === 'robot')
      return this.explainRobot(caller, scope, project?.id, { ...names, tenantState });
    const found = explain(permission, place, await this.listBindings(user), this.clock.now());
    const isNarrowed =
      isSelf && found.verdict === 'allowed' && !(await this.isAllowedNow(caller, scope, query, project?.id));
    const detail = isNarrowed
      ? `${user} may ${permission} there, but not with this token: its scopes leave it out.`
      : toSentence(found, names);
    return {
      ...names,
      allowed: found.verdict === 'allowed' && !isNarrowed,
      verdict: isNarrowed ? 'token-narrowed' : found.verdict,
      detail,
      by: found.by.map(toReason),
      wouldSuffice: [...found.wouldSuffice],
      askFor: found.verdict === 'allowed' ? [] : await this.listGivers(caller, scope, project?.id),
      tenantState,
    };
  }

  listPermissions(query: PageQuery): Page<PermissionAnswer> {
    const all = allPermissions.map((name) => ({
      name,
      level: levelOf(name),
      description: describePermission(name),
      roles: roles.filter((role) => permissionsOfRole[role].has(name)),
      platformRoles: platformRoles.filter((role) => permissionsOfPlatformRole[role].has(name)),
    }));
    return toPageInMemory(all, query);
  }

  private async findProject(caller: Caller, scope: TenantScope | undefined, name: string | undefined) {
    if (!scope || name === undefined) return undefined;
    const tenantCaller: TenantCaller = { ...caller, tenant: scope };
    const id = scope.projectIds.get(name) ?? name;
    const isSeen = scope.permissions.size > 0 || scope.projects.has(id) || caller.actor.isAdmin;
    // A project that the caller may not know of is looked for as one that is not there.
    return this.projects.getRow(tenantCaller, isSeen ? name : '');
  }

  private async isAllowedNow(
    { actor }: Caller,
    scope: TenantScope | undefined,
    { permission }: ExplainQuery,
    projectId: string | undefined,
  ): Promise<boolean> {
    if (scope) return isAllowed(actor, scope, permission, projectId);
    return this.access.isAllowedOnPlatform(actor, permission);
  }

  private explainRobot(
    { actor }: Caller,
    scope: TenantScope | undefined,
    projectId: string | undefined,
    names: Pick<ExplainAnswer, 'user' | 'permission' | 'tenant' | 'project' | 'tenantState'>,
  ): ExplainAnswer {
    const permission = allPermissions.find((one) => one === names.permission);
    const allowed = scope !== undefined && permission !== undefined && isAllowed(actor, scope, permission, projectId);
    const detail = `${names.user} is a robot: it ${allowed ? 'was' : 'was not'} given ${names.permission} when it was made.`;
    const verdict = allowed ? 'allowed' : 'role-lacks-it';
    return { ...names, allowed, verdict, detail, by: [], wouldSuffice: [], askFor: [] };
  }

  /** All that a user has been given anywhere, directly or by a group; nothing for a user who is not known. */
  private async listBindings(username: string): Promise<KnownBinding[]> {
    const user = await this.database.read.user.findUnique({
      where: { username },
      select: { id: true },
    });
    if (!user) return [];
    const rows = await this.database.read.roleBinding.findMany({
      where: { OR: [{ userId: user.id }, { group: { members: { some: { userId: user.id } } } }] },
      include: {
        group: { select: { name: true } },
        project: { select: { name: true } },
        customRole: { select: { permissions: true } },
      },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    return rows.map(({ group, project, customRole, ...row }) => ({
      ...row,
      group: group?.name ?? null,
      project: project?.name ?? null,
      custom: customRole?.permissions ?? null,
    }));
  }

  /** Owners and administrators there, as far as the caller may list the members. */
  private async listGivers({ actor }: Caller, scope: TenantScope | undefined, projectId?: string): Promise<string[]> {
    if (!scope) return [];
    const places = [
      ...(isAllowed(actor, scope, 'members:read') ? [null] : []),
      ...(projectId !== undefined && isAllowed(actor, scope, 'members:read', projectId) ? [projectId] : []),
    ];
    const rows = await this.database.read.roleBinding.findMany({
      where: {
        tenantId: scope.id,
        roleId: null,
        role: { in: ['owner', 'admin'] },
        userId: { not: null },
        OR: places.map((place) => ({ projectId: place })),
        expiresAt: null,
      },
      select: { user: { select: { username: true } } },
      orderBy: [{ role: 'desc' }, { createdAt: 'asc' }],
      take: tellAtMost,
    });
    return [...new Set(rows.flatMap(({ user }) => user?.username ?? []))];
  }
}
