import { describe, expect, it } from 'vitest';
import { isAbout, isExempt, judge, matchesPattern, type Policy, toFullReference } from './image-policies.rules.js';

const host = '127.0.0.1:7601';
const digest = `sha256:${'a'.repeat(64)}`;
const now = new Date('2026-11-21T12:00:00Z');
const policy = (fields: Partial<Policy> = {}): Policy => ({
  id: 'p',
  tenantId: null,
  name: 'own',
  mode: 'enforce',
  environmentKinds: [],
  registries: [],
  requireDigest: false,
  signatureKeys: [],
  exemptions: [],
  ...fields,
});

describe('toFullReference', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox'],
    ['bitnami/redis:7', 'docker.io/bitnami/redis:7'],
    ['ghcr.io/a/b', 'ghcr.io/a/b'],
    ['localhost/a', 'localhost/a'],
    ['127.0.0.1:7601/acme/shop/web', '127.0.0.1:7601/acme/shop/web'],
  ])('of %s is %s', (image, full) => expect(toFullReference(image)).toBe(full));
});

describe('matchesPattern', () => {
  it.each([
    ['ghcr.io/acme/web:1', 'ghcr.io', true],
    ['ghcr.io/acme/web:1', 'ghcr.io/acme', true],
    ['ghcr.io/acme/web', 'ghcr.io/acme/web', true],
    [`ghcr.io/acme/web@${digest}`, 'ghcr.io/acme/*', true],
    ['ghcr.io/acme-evil/web', 'ghcr.io/acme', false],
    ['ghcr.io.evil.example/web', 'ghcr.io', false],
    ['evil.example/ghcr.io/web', 'ghcr.io', false],
    ['ghcrXio/web', 'ghcr.io', false],
    ['busybox', 'docker.io/library', true],
    ['busybox', 'docker.io/library/busybox', true],
    ['127.0.0.1:7601/acme/shop/web:1', 'slipway', true],
    ['127.0.0.1:7601/acme/shop/web:1', 'slipway/acme', true],
    ['127.0.0.1:7601/beta/shop/web:1', 'slipway/acme', false],
    ['evil.example/x:y@ghcr.io/a', 'ghcr.io', false],
  ])('%s and %s: %s', (image, pattern, is) => expect(matchesPattern(image, pattern, host)).toBe(is));
});

describe('a policy', () => {
  it('is about its own tenant, or every one, and its kinds of environments', () => {
    expect(isAbout(policy(), { tenantId: 't' })).toBe(true);
    expect(isAbout(policy({ tenantId: 'u' }), { tenantId: 't' })).toBe(false);
    const productive = policy({ environmentKinds: ['production'] });
    expect(isAbout(productive, { tenantId: 't', environmentKind: 'production' })).toBe(true);
    expect(isAbout(productive, { tenantId: 't', environmentKind: 'staging' })).toBe(false);
    expect(isAbout(productive, { tenantId: 't' })).toBe(false);
  });

  it('lets exempted images pass, there and until then', () => {
    const exemption = { tenantId: 't', image: 'docker.io/library/busybox', expiresAt: new Date('2026-11-22') };
    const exempting = policy({ exemptions: [exemption] });
    expect(isExempt(exempting, 'busybox', { tenantId: 't' }, now, host)).toBe(true);
    expect(isExempt(exempting, 'busybox', { tenantId: 'u' }, now, host)).toBe(false);
    expect(isExempt(exempting, 'nginx', { tenantId: 't' }, now, host)).toBe(false);
    expect(isExempt(exempting, 'busybox', { tenantId: 't' }, new Date('2026-11-23'), host)).toBe(false);
  });

  it('names each rule that an image breaks, with the remedy', async () => {
    const strict = policy({
      registries: ['ghcr.io/acme'],
      requireDigest: true,
      signatureKeys: [{ name: 'ci', publicKey: '' }],
    });
    const verdicts = await judge(strict, 'busybox', host, async () => 'unsigned');
    expect(verdicts.map(({ rule }) => rule)).toEqual(['registry', 'digest', 'signature']);
    expect(verdicts[0]?.remedy).toContain('ghcr.io/acme');
    expect(await judge(strict, `ghcr.io/acme/web@${digest}`, host, async () => 'signed')).toEqual([]);
    expect(await judge(strict, `ghcr.io/acme/web@${digest}`, host, async () => 'unknown')).toHaveLength(1);
  });
});
