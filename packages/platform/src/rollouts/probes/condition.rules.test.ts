import { describe, expect, it } from 'vitest';
import { NothingMeasured, parseCondition, refuseCondition } from './condition.rules.js';

describe('a condition on what was measured', () => {
  it.each<[string, unknown, boolean]>([
    ['result >= 0.95', 0.95, true],
    ['result >= 0.95', 0.949, false],
    ['result[0] < 500 && result[1] < 1e3', [499, 999], true],
    ['result[0] < 500 and not (result[1] < 1000)', [499, 999], false],
    ['result[-1] == 3 || false', [1, 2, 3], true],
    ['all_good', 0, false],
    ['result.status == "ok"', { status: 'ok' }, true],
    ["result['a b'].c[1] != 'x'", { 'a b': { c: ['x', 'y'] } }, true],
    ['1 + 2 * 3 - 4 / 2 == 5 && 7 % 4 == 3', null, true],
    ['-result < -1', 2, true],
    ['!(result == nil)', 0, true],
    ['result == nil', null, true],
    ['len(result) == 0', [], true],
    ['len(result.errors) < 3', { errors: [1, 2] }, true],
    ['isNaN(result)', Number.NaN, true],
    ['isInf(result)', -Infinity, true],
    ['abs(result - 5) <= 1', 4, true],
    ['default(result[0], 0) < 5', [], true],
    ['default(result.a.b, 9) < 5', {}, false],
    ['default(result, 1) == 1', Number.NaN, true],
    ['len(result) == 0 || result[0] < 1', [], true],
    ['result == "a\\"b"', 'a"b', true],
    ['result', true, true],
  ])('%s of %j', (text, result, expected) => {
    if (text === 'all_good') expect(refuseCondition(text)).toBe('all_good is not expected, at character 1.');
    else expect(parseCondition(text)(result)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ['result[0] > 1', []],
    ['result > 1', Number.NaN],
    ['result.a.b > 1', {}],
    ['result == 1', Number.NaN],
    ['result + 1 < 3', null],
    ['result.constructor > 1', {}],
    ['result.__proto__ > 1', {}],
  ])('nothing is decided by %s of %j', (text, result) => {
    expect(() => parseCondition(text)(result)).toThrow(NothingMeasured);
  });

  it.each<[string, unknown]>([
    ['result > 1', 'text'],
    ['result', 5],
    ['result && true', 1],
    ['len(result) > 1', 5],
    ['result.a > 1', 5],
  ])('%s of %j is an error', (text, result) => {
    expect(() => parseCondition(text)(result)).toThrow(TypeError);
  });

  it.each([
    '',
    'result >',
    'result > 1 > 2',
    '(result > 1',
    'result = 1',
    'process.exit(1)',
    'result["a"',
    'result.',
    'len()',
    'default(result)',
    'result > 1; result',
    'result ? 1 : 2',
    '`x`',
    'result > 1 2',
    '"open',
    `${'('.repeat(300)}result`,
  ])('refuses %s', (text) => expect(refuseCondition(text)).toBeTruthy());
});
