import { describe, expect, it } from 'vitest';
import { formatAmount, inPeriod, parseAmount, parseStrictAmount, toResource } from './quantities.rules.js';

describe('a resource', () => {
  it.each([
    ['cpu', 'requests.cpu'],
    ['memory', 'requests.memory'],
    ['gpu', 'requests.nvidia.com/gpu'],
    ['limits.cpu', 'limits.cpu'],
    ['requests.amd.com/gpu', 'requests.amd.com/gpu'],
    ['count/deployments.apps', 'count/deployments.apps'],
    ['count/configmaps', 'count/configmaps'],
    ['build-minutes', 'build-minutes'],
    ['build-minutes@2026-11', undefined],
    ['bananas', undefined],
    // Nothing keeps logs that could be counted: a limit of them would bound nothing.
    ['log-bytes', undefined],
    ['count/', undefined],
    ['', undefined],
  ])('%j is %j', (text, name) => {
    expect(toResource(text)).toBe(name);
  });

  it('that is used up is counted by month', () => {
    const now = new Date('2026-11-30T23:59:59Z');
    expect(['build-minutes', 'pods'].map((name) => inPeriod(name, now))).toEqual(['build-minutes@2026-11', 'pods']);
  });
});

describe('an amount', () => {
  it.each([
    ['requests.cpu', '0.5', 500n, '500m'],
    ['requests.cpu', '2', 2000n, '2'],
    ['requests.cpu', '1u', 1n, '1m'],
    ['requests.memory', '1Gi', 2n ** 30n, '1Gi'],
    ['requests.memory', '1G', 1_000_000_000n, '1G'],
    ['requests.memory', '100m', 1n, '1'],
    ['pods', 12, 12n, '12'],
    ['pods', '1k', 1000n, '1000'],
    ['build-minutes@2026-11', '90', 90n, '90'],
  ])('of %s, %j is %d and is written %s', (resource, text, amount, written) => {
    expect(parseAmount(resource, text)).toBe(amount);
    expect(formatAmount(resource, amount)).toBe(written === '1G' ? '1000000000' : written);
  });

  it.each(['', '-1', 'many', '1Zi', '1e999', '5Ei5', Number.NaN])('%j is none', (text) => {
    expect(parseAmount('requests.memory', text)).toBeUndefined();
  });
});

describe('an amount that somebody wrote', () => {
  it.each([
    ['requests.cpu', '500m', 500n],
    ['requests.cpu', '1e1', 10_000n],
    ['requests.memory', '1.5Gi', 3n * 2n ** 29n],
    ['pods', '1k', 1000n],
    ['image-bytes', 0, 0n],
  ])('of %s, %j is %d', (resource, text, amount) => {
    expect(parseStrictAmount(resource, text)).toBe(amount);
  });

  it.each([
    ['requests.cpu', '2Gi'],
    ['requests.cpu', '1e30'],
    ['requests.cpu', 1e30],
    ['requests.memory', '500m'],
    ['requests.memory', '0.5'],
    ['requests.memory', '٣'],
    ['requests.memory', '１Gi'],
    ['requests.memory', '9999999999999999Ei'],
    ['pods', '1.5'],
    ['pods', '500m'],
    ['pods', '1Ki'],
    ['pods', -1],
    ['pods', '−1'],
    ['pods', '0x10'],
    ['pods', ' 1'],
    ['build-minutes', '90s'],
    ['requests.nvidia.com/gpu', '0.5'],
    ['count/secrets', Number.POSITIVE_INFINITY],
  ])('of %s, %j is none', (resource, text) => {
    expect(parseStrictAmount(resource, text)).toBeUndefined();
  });
});
