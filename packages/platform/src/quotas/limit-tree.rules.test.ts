import { describe, expect, it } from 'vitest';
import { findExcesses, findNewExcess, type LimitNode } from './limit-tree.rules.js';

const tenant = (limit: bigint, overcommitPercent = 100): LimitNode => ({
  scopeId: 'T',
  level: 'tenant',
  parentId: null,
  limit,
  overcommitPercent,
});
const project = (scopeId: string, limit: bigint): LimitNode => ({
  scopeId,
  level: 'project',
  parentId: 'T',
  limit,
  overcommitPercent: 100,
});
const environment = (scopeId: string, parentId: string, limit: bigint): LimitNode => ({
  scopeId,
  level: 'environment',
  parentId,
  limit,
  overcommitPercent: 100,
});

describe('the limits of children', () => {
  it.each<[string, LimitNode[], string[]]>([
    ['may sum to their parent', [tenant(10n), project('A', 6n), project('B', 4n)], []],
    ['may not sum above it', [tenant(10n), project('A', 6n), project('B', 5n)], ['T 11/10']],
    ['may where the parent overcommits', [tenant(10n, 150), project('A', 10n), project('B', 5n)], []],
    ['are free under a parent without a limit', [project('A', 99n), project('B', 99n)], []],
    [
      "count through a project without one's own",
      [tenant(10n), environment('e', 'A', 6n), environment('f', 'A', 5n)],
      ['T 11/10'],
    ],
    [
      'count once, at the project that has one',
      [tenant(10n), project('A', 10n), environment('e', 'A', 10n), environment('f', 'A', 1n)],
      ['A 11/10'],
    ],
  ])('%s', (_, nodes, expected) => {
    expect(findExcesses(nodes).map(({ scopeId, sum, room }) => `${scopeId} ${sum}/${room}`)).toEqual(expected);
  });

  it('may be lowered step by step where they sum too high already', () => {
    const before = [tenant(10n), project('A', 10n), project('B', 10n)];
    expect(findNewExcess(before, [tenant(10n), project('A', 5n), project('B', 10n)])).toBeUndefined();
    expect(findNewExcess(before, [tenant(10n), project('A', 11n), project('B', 10n)])?.scopeId).toBe('T');
  });
});
