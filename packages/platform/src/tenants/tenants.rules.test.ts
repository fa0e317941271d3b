import { describe, expect, it } from 'vitest';
import { isReservedName, wouldLoseLastOwner } from './tenants.rules.js';

describe('isReservedName', () => {
  it.each([
    ['slipway', true],
    ['kube', true],
    ['kube-system', true],
    ['library', true],
    ['acme', false],
    ['kubernetes', false],
  ])('%s → %s', (name, expected) => {
    expect(isReservedName(name)).toBe(expected);
  });
});

describe('wouldLoseLastOwner', () => {
  const [ann, bob] = [{ id: 'ann' }, { id: 'bob' }];
  it.each([
    ['the only owner becomes an admin', [ann], ann, 'admin', true],
    ['the only owner leaves', [ann], ann, null, true],
    ['the only owner stays one', [ann], ann, 'owner', false],
    ['one of two owners leaves', [ann, bob], ann, null, false],
    ['somebody else leaves', [ann], bob, null, false],
  ])('%s', (_, owners, member, role, expected) => {
    expect(wouldLoseLastOwner(owners, member, role)).toBe(expected);
  });
});
