import { defineErrors } from '../errors/errors.js';

export const tenantStates = ['requested', 'active', 'cordoned', 'suspended', 'archived', 'deleting'] as const;
export type TenantState = (typeof tenantStates)[number];

const fail = defineErrors({
  'tenant-not-ready': {
    status: 409,
    title: 'This tenant is still being set up.',
    remedy: 'Wait until it is active; its operation shows how far it is.',
  },
  'tenant-cordoned': {
    status: 409,
    title: 'This tenant is cordoned: it runs on, and nothing in it can be changed.',
    remedy: 'Ask an administrator of the platform to make the tenant active again.',
  },
  'tenant-suspended': {
    status: 409,
    title: 'This tenant is suspended: its data is kept, nothing runs, and nothing can be changed.',
    remedy: 'Ask an administrator of the platform to make the tenant active again.',
  },
  'tenant-archived': {
    status: 409,
    title: 'This tenant is archived: it can be read, and nothing can be changed.',
    remedy: 'Create another tenant; what the archive holds can still be read.',
  },
  'tenant-being-deleted': {
    status: 409,
    title: 'This tenant is being deleted.',
    remedy: 'Nothing can be changed in it any more; create another tenant when it is gone.',
  },
});

const refusals: Readonly<Record<TenantState, Parameters<typeof fail>[0] | undefined>> = {
  active: undefined,
  requested: 'tenant-not-ready',
  cordoned: 'tenant-cordoned',
  suspended: 'tenant-suspended',
  archived: 'tenant-archived',
  deleting: 'tenant-being-deleted',
};

export const isTenantState = (text: string): text is TenantState => tenantStates.some((state) => state === text);

/**
 * Throws 409 where a change may not happen in a tenant because of its state. In an active one all may; `allowedIn` names the other
 * states in which this change may happen. Every door that changes something asks, not only the routes.
 */
export function requireChangeable(
  tenant: { readonly state: string; readonly stateReason?: string | null },
  allowedIn: readonly TenantState[] = [],
): void {
  const { state, stateReason } = tenant;
  if (state === 'active' || (isTenantState(state) && allowedIn.includes(state))) return;
  const code = isTenantState(state) ? refusals[state] : undefined;
  throw fail(
    code ?? 'tenant-not-ready',
    stateReason ? { detail: `The tenant is ${state}: ${stateReason}` } : undefined,
  );
}
