import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../kinds/json.js';
import { Schema } from '../kinds/schema.js';
import { CelCostError, celEnvironment, compileCel, requestBudget, typeOfSchema, types } from './index.js';

const raw: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 10 },
    free: { type: 'string' },
    kind: { type: 'string', enum: ['a', 'bcd'] },
    count: { type: 'integer' },
    few: { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 10 } },
    many: { type: 'array', items: { type: 'string' } },
    map: { type: 'object', maxProperties: 3, additionalProperties: { type: 'integer' } },
  },
};
const self = typeOfSchema(new Schema(raw, raw, undefined)) ?? types.dyn;
const environment = celEnvironment({ variables: { self, any: types.dyn } });
const estimate = (expression: string) => compileCel(expression, environment).estimatedCost;

describe('estimates', () => {
  it.each([
    ['true', 0, 0],
    ['self.count == 1', 3, 3],
    ['self.count < 1', 3, 3],
    ['has(self.count)', 1, 1],
    // A text of maxLength 10 may have 40 bytes.
    ["self.name == 'abc'", 3, 3],
    ["self.name.startsWith('abc')", 3, 3],
    ["self.name.matches('^[a-z]+$')", 4, 12],
    ["self.name.contains('x')", 2, 6],
    ["self.name + 'x' == 'y'", 4, 8],
    ['self.few.all(x, true)', 3, 18],
    ["self.few.all(x, x == 'a')", 3, 28],
    ['self.few.exists(x, x.size() > 2)', 3, 38],
    ['self.map.all(k, self.map[k] > 1)', 3, 27],
    ['self.few.map(x, x + x)', 13, 123],
    ['[1, 2, 3].map(x, x * 2)', 63, 63],
    ['self.count > 1 && self.count < 5', 3, 6],
    ['self.count > 1 ? 1 : 2', 3, 3],
    ['self.few.isSorted()', 2, 27],
  ])('%s: %d to %d', (expression, min, max) => {
    expect(estimate(expression)).toEqual({ min, max });
  });

  it('without a bound reckons with the largest request', () => {
    const { max } = estimate('self.many.all(x, self.many.all(y, x == y))');
    expect(max).toBeGreaterThan(1e12);
    expect(estimate('self.kind == self.free').max).toBe(5);
    expect(estimate("self.many.all(x, x.contains('a'))").max).toBeGreaterThan(1e6);
  });
});

describe('costs while running', () => {
  const list = Array.from({ length: 2_000 }, (_, index) => `item ${index}`);

  it('stop an expression that is too dear, whatever it would say', () => {
    const program = compileCel('true || self.many.all(x, self.many.exists(y, x == y))', environment);
    expect(program.evaluate({ self: { many: list } })).toBe(true);
    const dear = compileCel('self.many.all(x, self.many.exists(y, x == y)) || true', environment);
    expect(() => dear.evaluate({ self: { many: list } })).toThrow(CelCostError);
  });

  it('are taken from the budget of all expressions together', () => {
    const program = compileCel('self.many.all(x, x.size() > 0)', environment);
    const budget = requestBudget();
    program.evaluate({ self: { many: list } }, budget);
    expect(budget.remaining).toBe(10_000_000 - (3 + 2_000 * 6));
    const small = { remaining: 100 };
    expect(() => program.evaluate({ self: { many: list } }, small)).toThrow(CelCostError);
    expect(small.remaining).toBe(0);
  });

  it('are no more than estimated', () => {
    const value = { name: 'abcdefghij', count: 3, few: ['a', 'b', 'c', 'd', 'e'], map: { a: 1, b: 2 }, kind: 'a' };
    const expressions = [
      "self.few.all(x, x == 'a' || x.size() == 1)",
      "self.few.map(x, x + x).exists(y, y == 'ee')",
      "self.name.matches('^[a-z]+$') && self.name.contains('j')",
      'self.map.all(k, self.map[k] > 0) && self.few.isSorted()',
      "self.few.filter(x, x != 'a').size() == 4 && has(self.name)",
    ];
    for (const expression of expressions) {
      const program = compileCel(expression, environment);
      const budget = requestBudget();
      expect(program.evaluate({ self: value }, budget)).toBe(true);
      expect(10_000_000 - budget.remaining).toBeLessThanOrEqual(program.estimatedCost.max);
      expect(10_000_000 - budget.remaining).toBeGreaterThanOrEqual(program.estimatedCost.min);
    }
  });
});

describe('values that share parts', () => {
  const doubled = (
    depth: number,
    start: string,
    operation: (name: string) => string,
    end: (name: string) => string,
  ) => {
    let text = end(`x${depth}`);
    for (let index = depth; index > 0; index -= 1) text = `cel.bind(x${index}, ${operation(`x${index - 1}`)}, ${text})`;
    return `cel.bind(x0, ${start}, ${text})`;
  };

  it.each([
    [
      'texts',
      doubled(
        60,
        "'abcdefgh'",
        (x) => `${x} + ${x}`,
        (x) => `${x}.size() > 0`,
      ),
    ],
    [
      'lists',
      doubled(
        60,
        '[1]',
        (x) => `${x} + ${x}`,
        (x) => `${x}.all(y, y == 1)`,
      ),
    ],
    [
      'lists of lists',
      doubled(
        60,
        '[[1]]',
        (x) => `[dyn(${x}), dyn(${x})]`,
        (x) => `${x} == [dyn(${x}[0]), dyn([1])]`,
      ),
    ],
    [
      'joined texts',
      `'${'a'.repeat(3000)}'.replace('', '${'b'.repeat(3000)}').replace('', '${'c'.repeat(3000)}') == ''`,
    ],
    [
      'formats',
      doubled(
        60,
        "['a']",
        (x) => `[dyn(${x}), dyn(${x})]`,
        (x) => `'%s'.format([${x}]) == ''`,
      ),
    ],
  ])('cannot be made to take for ever: %s', (_name, expression) => {
    const started = performance.now();
    try {
      compileCel(expression, environment).evaluate({ self: {} });
    } catch (error) {
      expect(error).toHaveProperty('name', expect.stringMatching(/^Cel/));
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
