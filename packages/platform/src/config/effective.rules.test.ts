import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigContent } from './config.rules.js';
import {
  type ConfigScope,
  configScopes,
  findEdge,
  hashedEffective,
  isOver,
  type Layer,
  limits,
  measure,
  measureEffective,
  mergeLayers,
} from './effective.rules.js';

/** `A=1` is a variable, `A!2` the second version of a secret. */
function layer(scope: ConfigScope, ...settings: string[]): Layer {
  const content: { variables: Record<string, string>; secrets: Record<string, ConfigContent['secrets'][string]> } = {
    variables: {},
    secrets: {},
  };
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split(/[=!]/);
    if (setting.includes('=')) content.variables[name] = value;
    else content.secrets[name] = { version: Number(value), sealed: `${scope}:${name}`, updatedAt: '' };
  }
  return { scope, ownerId: scope, content };
}

const tell = (layers: readonly Layer[]) =>
  mergeLayers(layers).map(({ name, setting, shadows }) => {
    const value = 'value' in setting ? `=${setting.value}` : `!${setting.secret.version}`;
    return `${name}${value} ${[setting, ...shadows].map(({ scope }) => scope).join(' over ')}`;
  });

describe('the nearest scope wins', () => {
  it.each<[string, Layer[], string[]]>([
    ['nothing is set', [], []],
    ['one scope', [layer('tenant', 'B=1', 'A=2')], ['A=2 tenant', 'B=1 tenant']],
    ['project over tenant', [layer('tenant', 'A=1'), layer('project', 'A=2')], ['A=2 project over tenant']],
    [
      'environment over project',
      [layer('project', 'A=1'), layer('environment', 'A=2')],
      ['A=2 environment over project'],
    ],
    [
      'application over all',
      configScopes.map((scope, index) => layer(scope, `A=${index}`)),
      ['A=3 application over environment over project over tenant'],
    ],
    ['a gap between', [layer('tenant', 'A=1'), layer('application', 'A=')], ['A= application over tenant']],
    [
      'a secret over a variable',
      [layer('tenant', 'A=1'), layer('application', 'A!2')],
      ['A!2 application over tenant'],
    ],
    ['a variable over a secret', [layer('tenant', 'A!1'), layer('project', 'A=x')], ['A=x project over tenant']],
    [
      'others stay',
      [layer('tenant', 'A=1', 'C!1'), layer('environment', 'B=2')],
      ['A=1 tenant', 'B=2 environment', 'C!1 tenant'],
    ],
  ])('%s', (_, layers, expected) => expect(tell(layers)).toEqual(expected));
});

it('tells the secret of a tenant from one of the application with the same version, and hashes one scope as it always did', () => {
  expect(hashedEffective(mergeLayers([layer('application', 'A=1', 'S!3')]))).toEqual({
    variables: { A: '1' },
    secrets: { S: 3 },
  });
  expect(hashedEffective(mergeLayers([layer('tenant', 'S!3')])).secrets).toEqual({ S: 'tenant 3' });
});

it('is what a map written from the outermost scope inwards would hold, and never more than the sum of the scopes', () => {
  const settings = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('A', 'B', 'C', 'D', 'E'), isSecret: fc.boolean(), value: fc.nat(9) }),
    { selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(fc.tuple(settings, settings, settings, settings), (all) => {
      const layers = all.map((some, index) =>
        layer(
          configScopes[index] ?? 'tenant',
          ...some.map(({ name, isSecret, value }) => `${name}${isSecret ? '!' : '='}${value}`),
        ),
      );
      const model = new Map<string, string>();
      for (const [index, some] of all.entries())
        for (const { name, isSecret, value } of some)
          model.set(name, `${configScopes[index]} ${isSecret ? 'secret' : 'variable'} ${value}`);
      const merged = mergeLayers(layers);
      const told = merged.map(({ name, setting }) => {
        const text = 'value' in setting ? `variable ${setting.value}` : `secret ${setting.secret.version}`;
        return [name, `${setting.scope} ${text}`] as const;
      });
      expect(new Map(told)).toEqual(model);
      for (const { name, setting, shadows } of merged) {
        const depths = [setting, ...shadows].map(({ scope }) => configScopes.indexOf(scope));
        expect(depths).toEqual([...depths].sort((a, b) => b - a));
        expect(depths).toHaveLength(all.filter((some) => some.some((one) => one.name === name)).length);
      }
      const size = measureEffective(merged);
      expect(size.bytes).toBeLessThanOrEqual(layers.reduce((sum, one) => sum + measure(one.content).bytes, 0));
    }),
  );
});

describe('the limits', () => {
  const many = (count: number, scope: ConfigScope = 'tenant') =>
    layer(scope, ...Array.from({ length: count }, (_, index) => `N${String(index).padStart(4, '0')}=x`));

  it('are of what counts: a name that is set twice counts once', () => {
    expect(isOver(measureEffective(mergeLayers([many(limits.names), many(limits.names, 'project')])))).toBe(false);
    expect(isOver(measureEffective(mergeLayers([many(limits.names), layer('project', 'MORE=x')])))).toBe(true);
  });

  it('name the first changed name that does not fit', () => {
    const layers = [many(498), layer('application', 'A=1', 'B=2', 'C=3', 'D=4')];
    expect(findEdge(mergeLayers(layers), ['A', 'B', 'C', 'D'])).toBe('C');
    expect(findEdge(mergeLayers(layers), ['D', 'C', 'B', 'A'])).toBe('B');
    expect(findEdge(mergeLayers([many(498), layer('application', 'A=1')]), ['A'])).toBeUndefined();
    const large = layer('application', `A=${'x'.repeat(limits.bytes)}`);
    expect(findEdge(mergeLayers([large]), ['A'])).toBe('A');
  });
});
