import type { TenantState } from '../kernel/tenancy/tenant-state.js';

/** The states that an administrator moves a tenant to; `requested` and `deleting` are left by what works on them. */
export const chosenStates = ['active', 'cordoned', 'suspended', 'archived'] as const;
export type ChosenState = (typeof chosenStates)[number];

const transitions: Readonly<Record<TenantState, readonly ChosenState[]>> = {
  requested: [],
  active: ['cordoned', 'suspended'],
  cordoned: ['active', 'suspended'],
  suspended: ['active', 'cordoned', 'archived'],
  archived: [],
  deleting: [],
};

/** What the world has to look like in a state: pods as they were, none for now, or none for good. */
export type Workloads = 'running' | 'paused' | 'removed';

export const nextStates = (state: TenantState): readonly ChosenState[] => transitions[state];

export const canMove = (from: TenantState, to: ChosenState): boolean => nextStates(from).includes(to);

export function workloadsIn(state: TenantState): Workloads {
  switch (state) {
    case 'suspended':
      return 'paused';
    case 'archived':
    case 'deleting':
      return 'removed';
    default:
      return 'running';
  }
}

/** The steps of the operation that moves the world from one state to another; none where only the refusals change. */
export function stepsOf(from: TenantState, to: ChosenState): readonly string[] {
  if (workloadsIn(from) === workloadsIn(to)) return [];
  switch (workloadsIn(to)) {
    case 'paused':
      return ['rollouts', 'workloads'];
    case 'removed':
      return ['workloads'];
    case 'running':
      return ['workloads'];
  }
}
