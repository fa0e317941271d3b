import { describe, expect, it } from 'vitest';
import { SlipwayError } from '../kernel/errors/errors.js';
import { requireChangeable, tenantStates } from '../kernel/tenancy/tenant-state.js';
import { canMove, chosenStates, stepsOf, workloadsIn } from './tenant-states.rules.js';

describe('transitions', () => {
  it('are these and no others', () => {
    const allowed = tenantStates.flatMap((from) =>
      chosenStates.filter((to) => canMove(from, to)).map((to) => `${from} → ${to}`),
    );
    expect(allowed).toEqual([
      'active → cordoned',
      'active → suspended',
      'cordoned → active',
      'cordoned → suspended',
      'suspended → active',
      'suspended → cordoned',
      'suspended → archived',
    ]);
  });

  it('work on the cluster only where what runs differs', () => {
    expect(stepsOf('active', 'cordoned')).toEqual([]);
    expect(stepsOf('cordoned', 'active')).toEqual([]);
    expect(stepsOf('active', 'suspended')).toEqual(['rollouts', 'workloads']);
    expect(stepsOf('suspended', 'cordoned')).toEqual(['workloads']);
    expect(stepsOf('suspended', 'archived')).toEqual(['workloads']);
    expect(tenantStates.map(workloadsIn)).toEqual(['running', 'running', 'running', 'paused', 'removed', 'removed']);
  });
});

describe('a change', () => {
  const codeOf = (state: string, allowedIn?: Parameters<typeof requireChangeable>[1]) => {
    try {
      requireChangeable({ state }, allowedIn);
      return 'allowed';
    } catch (error) {
      return error instanceof SlipwayError ? error.code : error;
    }
  };

  it('is refused by the state of the tenant, by name', () => {
    expect(tenantStates.map((state) => codeOf(state))).toEqual([
      'tenant-not-ready',
      'allowed',
      'tenant-cordoned',
      'tenant-suspended',
      'tenant-archived',
      'tenant-being-deleted',
    ]);
  });

  it('is let through in the states that its route names, and in no unknown one', () => {
    expect(codeOf('cordoned', ['cordoned'])).toBe('allowed');
    expect(codeOf('suspended', ['cordoned'])).toBe('tenant-suspended');
    expect(codeOf('whatever')).toBe('tenant-not-ready');
  });

  it('is refused with the reason that the administrator gave', () => {
    expect(() => requireChangeable({ state: 'suspended', stateReason: 'Unpaid since May.' })).toThrow(
      /Unpaid since May/,
    );
  });
});
