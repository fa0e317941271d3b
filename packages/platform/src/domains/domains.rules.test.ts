import { describe, expect, it } from 'vitest';
import { defaultHostname, distinctHostname, hostUrl, previewHostname, refuseHostname } from './domains.rules.js';

const names = { tenant: 'acme', project: 'shop', application: 'hello', appsDomain: 'slipway.localhost' };

describe('defaultHostname', () => {
  it('leaves production out of the name', () => {
    expect(defaultHostname({ ...names, environment: 'production' })).toBe('hello-shop-acme.slipway.localhost');
    expect(defaultHostname({ ...names, environment: 'staging' })).toBe('hello-staging-shop-acme.slipway.localhost');
  });

  const long = { ...names, application: 'a'.repeat(40), project: 'p'.repeat(40), environment: 'production' };
  const labelOf = (hostname: string) => hostname.split('.')[0] ?? '';

  it('stays a name of the DNS however long the names are, and distinct', () => {
    const [one, other] = [defaultHostname(long), defaultHostname({ ...long, tenant: 'other' })].map(labelOf);
    expect([one?.length, other?.length]).toEqual([63, 63]);
    expect(one).toMatch(/^a{40}-p{13}-[0-9a-f]{8}$/);
    expect(one).not.toBe(other);
    const exact = { ...names, application: 'a'.repeat(40), project: 'p'.repeat(17), environment: 'production' };
    expect(labelOf(defaultHostname(exact))).toBe(`${'a'.repeat(40)}-${'p'.repeat(17)}-acme`);
  });

  it.each([
    ['a-b-c.apps.test', 'a-b-c-abcdef.apps.test'],
    [`${'x'.repeat(56)}.apps.test`, `${'x'.repeat(56)}-abcdef.apps.test`],
    [`${'x'.repeat(57)}.apps.test`, `${'x'.repeat(56)}-abcdef.apps.test`],
    [`${'x'.repeat(63)}.apps.test`, `${'x'.repeat(56)}-abcdef.apps.test`],
  ])('%s, where another has it, is %s', (usual, distinct) =>
    expect(distinctHostname(usual, '0198-0000abcdef', 6)).toBe(distinct),
  );
});

describe('refuseHostname', () => {
  it.each([
    ['shop.example.com', undefined],
    ['Shop.example.com', 'malformed'],
    ['shop', 'malformed'],
    ['10.0.0.1', 'malformed'],
    ['-a.example.com', 'malformed'],
    ['*.example.com', 'wildcard'],
    ['other-shop-acme.slipway.localhost', 'reserved'],
    ['slipway.localhost', 'reserved'],
  ])('%s: %s', (hostname, code) => expect(refuseHostname(hostname, 'slipway.localhost')?.code).toBe(code));
});

it('leaves the standard port out of an address', () => {
  expect(hostUrl('a.b', 80)).toBe('http://a.b');
  expect(hostUrl('a.b', 7680)).toBe('http://a.b:7680');
});

it('previews have names that no default host name can have', () => {
  const place = { applicationId: 'a', environmentId: 'b', appsDomain: 'apps.test' };
  expect(previewHostname(place)).toMatch(/^preview-[0-9a-f]{16}\.apps\.test$/);
  expect(previewHostname({ ...place, environmentId: 'c' })).not.toBe(previewHostname(place));
});
