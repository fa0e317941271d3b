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
    expect(findDuplicates([{ name: 'a' }, { name: 'b' }, { name: 'a' }])).toEqual([2]);
  });

  it('are refused where a name stands twice, at the second', () => {
    const production = { name: 'production', kind: 'production' };
    const { error } = blueprintContent.safeParse({ environments: [production, production] });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['environments.1.name']);
  });

  it.each<[string, object, string]>([
    ['a name that no variable has', { config: { 'LOG-LEVEL': 'x' } }, 'config.LOG-LEVEL'],
    ['a value that is no text', { config: { LEVEL: 3 } }, 'config.LEVEL'],
    ['too much', { config: { A: 'x'.repeat(32_000), B: 'x'.repeat(32_000), C: 'x'.repeat(32_000) } }, 'config'],
    ['a mode that there is not', { network: { mode: 'world' } }, 'network.mode'],
    ['a network without a mode', { network: {} }, 'network.mode'],
    ['what a blueprint does not give', { secrets: { TOKEN: 'x' } }, ''],
  ])('are refused with %s, by its path', (_, part, path) => {
    const environments = [{ name: 'production', kind: 'production' }];
    const { error } = blueprintContent.safeParse({ environments, ...part });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
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
