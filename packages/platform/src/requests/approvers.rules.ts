import type { ApproverTerms } from './approval-policies.rules.js';

/** What somebody holds at one place. */
export interface Holding {
  readonly roles: readonly string[];
  readonly permissions: ReadonlySet<string>;
}

/** All by which somebody may be an approver. */
export interface Standing {
  readonly userId: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly platform: Holding;
  /** By tenant. */
  readonly tenants: ReadonlyMap<string, Holding>;
  /** By project: what is held there alone. */
  readonly projects: ReadonlyMap<string, Holding>;
}

/** What is decided about, as far as the approvers depend on it. */
export interface Deciding extends ApproverTerms {
  readonly tenantId: string | null;
  readonly projectId: string | null;
}

/** Whether somebody may decide; that nobody decides his own is the state machine's matter. */
export function isApprover(standing: Standing, request: Deciding): boolean {
  if (request.approverUsers.includes(standing.username)) return true;
  if (request.approverGroups.some((group) => standing.groups.includes(group))) return true;
  return holdingsAt(standing, request).some(
    (holding) =>
      (request.approverPermission !== null && holding.permissions.has(request.approverPermission)) ||
      request.approverRoles.some((role) => holding.roles.includes(role)),
  );
}

/** A permission that is held on the platform is held in every tenant; a role of a wider place is none of the narrower. */
function holdingsAt(standing: Standing, { approverScope, tenantId, projectId }: Deciding): readonly Holding[] {
  const platform = { permissions: standing.platform.permissions, roles: [] };
  const tenant = tenantId === null ? undefined : standing.tenants.get(tenantId);
  const project = projectId === null ? undefined : standing.projects.get(projectId);
  switch (approverScope) {
    case 'platform':
      return [standing.platform];
    case 'tenant':
      return [platform, ...(tenant ? [tenant] : [])];
    case 'project':
      return [
        platform,
        ...(tenant ? [{ permissions: tenant.permissions, roles: [] }] : []),
        ...(project ? [project] : []),
      ];
  }
}
