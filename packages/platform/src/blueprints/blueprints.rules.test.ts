import { describe, expect, it } from 'vitest';
import { blueprintContent } from './blueprints.dto.js';
import { builtInBlueprints, defaultBlueprint, findBuiltIn, findDuplicates } from './blueprints.rules.js';

describe('the built-in blueprints', () => {
  it('are three, one of them for who names none', () => {
    expect(builtInBlueprints.map(({ name }) => name)).toEqual(['minimal', 'web-team', 'data-team']);
    expect(findBuiltIn(defaultBlueprint)).toBeDefined();
  });

  it('are what anybody could write', () => {
    for (const { content } of builtInBlueprints) expect(blueprintContent.safeParse(content).success).toBe(true);
  });
});

describe('the environments of a blueprint', () => {
  it('have names of their own', () => {
    expect(findDuplicates([{ name: 'a' }, { name: 'b' }, { name: 'a' }])).toEqual(['a']);
  });

  it.each([['ｐroduction'], ['../production'], ['Production'], ['prod uction'], ['prоduction']])(
    'refuse %s',
    (name) => {
      expect(blueprintContent.safeParse({ environments: [{ name, kind: 'production' }] }).success).toBe(false);
    },
  );

  it('are at least one, and make nobody an owner', () => {
    expect(blueprintContent.safeParse({ environments: [] }).success).toBe(false);
    const environments = [{ name: 'production', kind: 'production' }];
    const groups = [{ group: 'team', role: 'owner' }];
    expect(blueprintContent.safeParse({ environments, groups }).success).toBe(false);
  });
});
