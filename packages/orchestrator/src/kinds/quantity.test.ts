import { describe, expect, it } from 'vitest';
import { addQuantities, compareQuantities, formatQuantity, parseExact, zeroQuantity } from './quantity.js';

describe('an exact quantity', () => {
  const cases: [string, string | undefined][] = [
    ['0', '0'],
    ['0.5', '500m'],
    ['1500m', '1500m'],
    ['2000m', '2'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1.5Gi', '1536Mi'],
    ['512Mi', '512Mi'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['12e6', '12e6'],
    ['9007199254740993', '9007199254740993'],
    ['0.1n', '1n'],
    ['-1500m', '-1500m'],
    ['', undefined],
    ['.', undefined],
    ['1 Gi', undefined],
    ['1gi', undefined],
  ];
  it.each(cases)('%s is written %s', (text, canonical) => {
    const parsed = parseExact(text);
    expect(parsed && formatQuantity(parsed)).toBe(canonical);
  });

  it('adds without losing anything', () => {
    const tenth = parseExact('100m') ?? zeroQuantity;
    const sum = Array.from({ length: 10 }, () => tenth).reduce(addQuantities, zeroQuantity);
    expect(formatQuantity(sum)).toBe('1');
    expect(compareQuantities(sum, parseExact('1') ?? zeroQuantity)).toBe(0);
  });
});
