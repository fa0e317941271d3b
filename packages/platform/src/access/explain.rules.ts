import { permissionsOfGrant } from '../kernel/access/grants.js';
import { levelOf, type Permission } from '../kernel/access/permissions.js';
import { type Place, rolesWith } from './access.rules.js';

/** A binding as it is told to whoever asks why. */
export interface KnownBinding extends Place {
  readonly id: string | null;
  readonly role: string;
  readonly custom: readonly string[] | null;
  /** The group that it comes by; null: to the user himself. */
  readonly group: string | null;
  readonly project: string | null;
  readonly expiresAt: Date | null;
  readonly createdBy: string | null;
}

export type Verdict = 'allowed' | 'role-ended' | 'no-role' | 'role-lacks-it' | 'platform-only' | 'project-not-covered';

export interface Explanation {
  readonly verdict: Verdict;
  /** The bindings that give the permission there; of a refusal, those that count there and do not. */
  readonly by: readonly KnownBinding[];
  /** The built-in roles that would give it, the smallest first. */
  readonly wouldSuffice: readonly string[];
}

const covers = (binding: Place, place: Place): boolean =>
  binding.tenantId === null ||
  (binding.tenantId === place.tenantId && (binding.projectId === null || binding.projectId === place.projectId));

/** Says why somebody with these bindings may or may not do something in a place. `bindings` has those that ended, too. */
export function explain(
  permission: Permission,
  place: Place,
  bindings: readonly KnownBinding[],
  now: Date,
): Explanation {
  const isOver = ({ expiresAt }: KnownBinding) => expiresAt !== null && expiresAt <= now;
  const gives = (binding: KnownBinding) => permissionsOfGrant(binding).has(permission);
  const here = bindings.filter((binding) => covers(binding, place));
  const standing = here.filter((binding) => !isOver(binding));
  const wouldSuffice = rolesWith(permission, place);
  const giving = standing.filter(gives);
  if (giving.length > 0) return { verdict: 'allowed', by: giving, wouldSuffice };
  const ended = here.filter((binding) => isOver(binding) && gives(binding));
  if (ended.length > 0) return { verdict: 'role-ended', by: ended, wouldSuffice };
  if (levelOf(permission) === 'platform') {
    const { tenantId, projectId } = { tenantId: null, projectId: null };
    return { verdict: 'platform-only', by: standing, wouldSuffice: rolesWith(permission, { tenantId, projectId }) };
  }
  if (standing.length > 0) return { verdict: 'role-lacks-it', by: standing, wouldSuffice };
  const elsewhere = bindings.filter((binding) => binding.tenantId === place.tenantId && !isOver(binding));
  if (elsewhere.length > 0) return { verdict: 'project-not-covered', by: elsewhere, wouldSuffice };
  return { verdict: 'no-role', by: [], wouldSuffice };
}
