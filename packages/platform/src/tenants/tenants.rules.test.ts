import { describe, expect, it } from 'vitest';
import { isReservedName } from './tenants.rules.js';

describe('isReservedName', () => {
  it.each([
    ['slipway', true],
    ['kube', true],
    ['kube-system', true],
    ['library', true],
    ['acme', false],
    ['kubernetes', false],
  ])('%s → %s', (name, expected) => {
    expect(isReservedName(name)).toBe(expected);
  });
});
