import { describe, expect, it } from 'vitest';
import { toClaimedGroups } from './realm-groups.rules.js';

describe('toClaimedGroups', () => {
  it.each([
    ['no word of groups or roles', undefined, undefined, undefined],
    ['groups alone', ['payments'], undefined, ['payments']],
    ['a role of the platform', undefined, ['offline_access', 'slipway-auditor'], ['slipway-auditors']],
    ['both', ['payments'], ['slipway-admin'], ['payments', 'slipway-admins']],
    ['no groups any more', [], [], []],
  ])('%s', (_, groups, roles, expected) => {
    expect(toClaimedGroups(groups, roles)).toEqual(expected);
  });
});
