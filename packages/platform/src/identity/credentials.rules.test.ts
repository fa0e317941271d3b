import { describe, expect, it } from 'vitest';
import { isInside, isRange, toAddressList } from './credentials.rules.js';

describe('isRange', () => {
  it.each(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1', '0.0.0.0/0'])('takes %s', (text) => {
    expect(isRange(text)).toBe(true);
  });
  it.each(['10.0.0.0/33', '2001:db8::/129', '10.0.0', 'example.com', '', '10.0.0.0/', '1.2.3.4/8/8'])(
    'refuses %s',
    (text) => expect(isRange(text)).toBe(false),
  );
});

describe('isInside', () => {
  it.each([
    [['10.0.0.0/8'], '10.1.2.3', true],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['2001:db8::/32'], '2001:db8:1::5', true],
    [['2001:db8::/32'], '2001:db9::5', false],
    [['192.0.2.7', '2001:db8::/32'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.8', false],
    [['10.0.0.0/8'], null, false],
    [['10.0.0.0/8'], 'nonsense', false],
    [[], null, true],
  ])('%j has %s: %s', (ranges, address, expected) => {
    expect(isInside(toAddressList(ranges), address)).toBe(expected);
  });
});
