import { isAllowed, or } from '../kernel/access/policy.js';
import type { Actor, TenantScope } from '../kernel/tenancy/caller.js';

/** Owners are made and unmade by owners only: an admin must not raise himself. */
export const canChangeRole = (actor: Actor, scope: TenantScope, before: string | null, after: string | null): boolean =>
  or(before !== 'owner' && after !== 'owner', isAllowed(actor, scope, 'owners:write'));
