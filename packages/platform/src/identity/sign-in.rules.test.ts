import { describe, expect, it } from 'vitest';
import { attemptKeys, blockSeconds } from './sign-in.rules.js';

describe('blockSeconds', () => {
  it.each([
    [1, 0],
    [4, 0],
    [5, 15],
    [6, 30],
    [7, 60],
    [10, 480],
    [11, 900],
    [10_000, 900],
  ])('after %i of 5 free attempts is %i', (count, seconds) => expect(blockSeconds(count, 5)).toBe(seconds));
});

describe('attemptKeys', () => {
  it('tell neither the name nor the address, and take the name in any case', () => {
    const keys = attemptKeys('Alice', '10.0.0.1');
    expect(JSON.stringify(keys)).not.toMatch(/alice|10\.0/i);
    expect(keys).toEqual(attemptKeys('alice', '10.0.0.1'));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(3);
  });
});
