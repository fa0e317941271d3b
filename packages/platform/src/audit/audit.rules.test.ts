import { describe, expect, it } from 'vitest';
import { redactSecrets } from './audit.rules.js';

describe('redactSecrets', () => {
  it.each([
    ['a password', { password: 'x' }, { password: '[redacted]' }],
    ['a nested token', { a: [{ accessToken: 'x', b: 1 }] }, { a: [{ accessToken: '[redacted]', b: 1 }] }],
    ['the values of secrets', { secrets: { KEY: 'x' } }, { secrets: '[redacted]' }],
    ['nothing else', { name: 'shop', at: new Date(0) }, { name: 'shop', at: '1970-01-01T00:00:00.000Z' }],
  ])('strikes out %s', (_, before, after) => {
    expect(redactSecrets(before)).toEqual(after);
  });
});
