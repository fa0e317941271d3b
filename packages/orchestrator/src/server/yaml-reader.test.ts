import { expect, test } from 'vitest';
import { readYaml } from './yaml-reader.js';

const read = (text: string) => readYaml(text, undefined);

test('YAML is read as the core schema says, and JSON as what it is', () => {
  expect(read('a: 2001-01-01\nb: yes\nc: 0x10\nd: ~\ne: "1"\nf: [1, 2.5, true]')).toEqual({
    a: '2001-01-01',
    b: 'yes',
    c: 16,
    d: null,
    e: '1',
    f: [1, 2.5, true],
  });
  expect(read(' {"a": 1, "b": {"c": "\\u00e4"}}')).toEqual({ a: 1, b: { c: 'ä' } });
  expect(read('')).toBeNull();
});

test('what an alias stands for is a copy', () => {
  const value = read('a: &x {b: 1}\nc: *x');
  expect(value).toEqual({ a: { b: 1 }, c: { b: 1 } });
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) expect(value['a']).not.toBe(value['c']);
});

test('what is no JSON value is refused', () => {
  for (const text of [
    'a: .nan',
    'a: .inf',
    'a: !!js/function x',
    '%YAML 3',
    'a: [',
    'a: b: c',
    '--- a\n--- b',
    '\u0000',
  ])
    expect(() => read(text), text).toThrow(/error converting YAML to JSON: yaml: /);
});

test('a long text costs time by its length only, whatever it is made of', () => {
  const texts = [
    Array.from({ length: 50_000 }, (_, index) => `k${index}: v\n`).join(''),
    Array.from({ length: 30_000 }, (_, index) => `- &a${index} x\n- *a${index}\n`).join(''),
    '- a\n'.repeat(100_000),
    `a: b\n${'# comment\n'.repeat(100_000)}`,
    `a: "${'x\n  '.repeat(50_000)}"`,
  ];
  for (const text of texts) {
    const begun = performance.now();
    read(text);
    expect(performance.now() - begun, text.slice(0, 20)).toBeLessThan(5_000);
  }
});

test('a small text cannot stand for a large value', () => {
  const long = `a: &a ${'x'.repeat(100_000)}\nb: [${'*a, '.repeat(1_000)}]`;
  for (const text of [long, 'a: &a [*a, *a]', '&a {b: *a}']) expect(() => read(text)).toThrow(/excessive aliasing/);
});
