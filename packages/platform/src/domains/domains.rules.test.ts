import { describe, expect, it } from 'vitest';
import { defaultHostname, hostUrl, previewHostname, refuseHostname } from './domains.rules.js';

const names = { tenant: 'acme', project: 'shop', application: 'hello', appsDomain: 'slipway.localhost' };

describe('defaultHostname', () => {
  it('leaves production out of the name', () => {
    expect(defaultHostname({ ...names, environment: 'production' })).toBe('hello-shop-acme.slipway.localhost');
    expect(defaultHostname({ ...names, environment: 'staging' })).toBe('hello-staging-shop-acme.slipway.localhost');
  });
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
