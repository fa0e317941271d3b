import type { PlatformRole } from '../kernel/access/permissions.js';

/** The groups of infra/keycloak's realm with the role on the platform that each is given; a realm role counts as its group. */
export const realmGroups: readonly {
  readonly group: string;
  readonly realmRole: string;
  readonly role: PlatformRole;
}[] = [
  { group: 'slipway-admins', realmRole: 'slipway-admin', role: 'admin' },
  { group: 'slipway-auditors', realmRole: 'slipway-auditor', role: 'auditor' },
  { group: 'slipway-approvers', realmRole: 'slipway-approver', role: 'approver' },
];

/** The groups that a token tells, by name or by realm role; undefined when it speaks of neither. */
export function toClaimedGroups(
  groups: readonly string[] | undefined,
  realmRoles: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!groups && !realmRoles) return undefined;
  const byRole = realmGroups.filter(({ realmRole }) => realmRoles?.includes(realmRole)).map(({ group }) => group);
  return [...(groups ?? []), ...byRole];
}
