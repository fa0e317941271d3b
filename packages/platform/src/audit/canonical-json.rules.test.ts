import { expect, it } from 'vitest';
import { toCanonicalJson } from './canonical-json.rules.js';

it.each([
  ['members by their names', { b: 1, a: [true, null] }, '{"a":[true,null],"b":1}'],
  [
    'numbers as ECMAScript does',
    [1e30, 4.5, 2e-3, 1e-27, -0, 333333333.3333333],
    '[1e+30,4.5,0.002,1e-27,0,333333333.3333333]',
  ],
  [
    'names by UTF-16 units',
    { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 },
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
  ],
  ['strings with the fewest escapes', '€$\u000f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'],
  ['nothing that is undefined', { a: undefined, b: 0 }, '{"b":0}'],
])('writes %s', (_, value, text) => expect(toCanonicalJson(value)).toBe(text));

it('refuses what JSON does not have', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, undefined]) {
    expect(() => toCanonicalJson(value)).toThrow('JSON has no');
  }
});
