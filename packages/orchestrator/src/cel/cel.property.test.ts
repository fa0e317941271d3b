import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../kinds/json.js';
import { CelCompileError, CelError, celEnvironment, compileCel, toJson, types } from './index.js';

const environment = celEnvironment({ variables: { self: types.dyn } });
const milliseconds = 2_000;

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('self', '1', '-1', '2u', '1.5', "'a'", "b'a'", 'true', 'null', '[]', '{}', 'int', "duration('1s')"),
    fc.string({ maxLength: 5 }).map((text) => JSON.stringify(text)),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||', 'in'),
        tie('expression'),
      )
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(fc.constantFrom('!', '-'), tie('expression')).map(([operator, a]) => `${operator}(${a})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => `[${items.map((each) => `dyn(${each})`).join(', ')}]`),
    tie('expression').map((a) => `{'k': ${a}}`),
    fc.tuple(tie('expression'), fc.constantFrom('a', 'k', 'size')).map(([a, name]) => `dyn(${a}).${name}`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `dyn(${a})[dyn(${b})]`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `dyn(${a})[?dyn(${b})]`),
    fc
      .tuple(tie('expression'), fc.constantFrom('all', 'exists', 'exists_one', 'filter', 'map'), tie('expression'))
      .map(([a, macro, b]) => `dyn(${a}).${macro}(x, dyn(${b}))`),
    fc
      .tuple(
        fc.constantFrom(
          'size',
          'string',
          'int',
          'double',
          'type',
          'url',
          'ip',
          'cidr',
          'quantity',
          'semver',
          'timestamp',
          'duration',
          'bytes',
        ),
        tie('expression'),
      )
      .map(([name, a]) => `${name}(dyn(${a}))`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('contains', 'matches', 'split', 'find', 'format', 'join', 'indexOf', 'add'),
        tie('expression'),
      )
      .map(([a, name, b]) => `dyn(${a}).${name}(dyn(${b}))`),
  ),
}));

const json = fc.jsonValue({ maxDepth: 4 }).map((value): Json => JSON.parse(JSON.stringify(value)));

describe('any expression', () => {
  it('on any value ends in time with a value or a CelError', () => {
    fc.assert(
      fc.property(expression, json, (text, self) => {
        const started = performance.now();
        try {
          const value = compileCel(text, environment).evaluate({ self });
          if (typeof value !== 'object' || value === null) toJson(value);
        } catch (error) {
          expect(error instanceof CelError || error instanceof CelCompileError, String(error)).toBe(true);
          expect(String(error)).not.toContain('internal error');
        }
        expect(performance.now() - started).toBeLessThan(milliseconds);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of any characters compiles or is refused with a CelCompileError', () => {
    const pieces = fc.constantFrom(
      'self',
      '.',
      '?',
      '[',
      ']',
      '(',
      ')',
      '{',
      '}',
      '"',
      "'",
      '\\',
      '1',
      'u',
      '0x',
      'e',
      ',',
      ':',
      '-',
      '!',
      '&&',
      ' ',
      '\n',
      '//',
      'in',
      'has',
      'b"',
      'r"',
      '"""',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 20 }), (parts) => {
        try {
          compileCel(parts.join(''), environment);
        } catch (error) {
          expect(error, parts.join('')).toBeInstanceOf(CelCompileError);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('however deep is compiled or refused', () => {
    for (const text of [
      '('.repeat(100_000),
      `${'('.repeat(5_000)}1${')'.repeat(5_000)}`,
      `${'!'.repeat(10_000)}true`,
      `${'-'.repeat(9_999)}self`,
      `${'[1].map(x, '.repeat(400)}1${')'.repeat(400)}`,
      `1${' + 1'.repeat(20_000)}`,
      `true${' && true'.repeat(10_000)}`,
      `self${'.a'.repeat(20_000)}`,
      `true${' ? true'.repeat(3_000)}${' : true'.repeat(3_000)}`,
      '!-'.repeat(20_000),
    ])
      try {
        compileCel(text, environment);
      } catch (error) {
        expect(error).toBeInstanceOf(CelCompileError);
      }
  });

  it('that searches is linear in the text, whatever the pattern', () => {
    const program = compileCel("self.matches('^(a+)+$')", environment);
    const started = performance.now();
    expect(program.evaluate({ self: `${'a'.repeat(50_000)}b` })).toBe(false);
    expect(performance.now() - started).toBeLessThan(milliseconds);
  });
});
