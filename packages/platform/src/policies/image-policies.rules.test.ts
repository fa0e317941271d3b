import { describe, expect, it } from 'vitest';
import {
  type ImageReport,
  isAbout,
  isExempt,
  judge,
  matchesPattern,
  type Policy,
  type SignatureState,
  toFullReference,
  type VulnerabilityRule,
} from './image-policies.rules.js';
import type { Finding } from './vulnerability-reports.rules.js';

const host = '127.0.0.1:7601';
const digest = `sha256:${'a'.repeat(64)}`;
const now = new Date('2026-11-21T12:00:00Z');
const where = { place: { tenantId: 't' }, now, registryHost: host };
const policy = (fields: Partial<Policy> = {}): Policy => ({
  id: 'p',
  tenantId: null,
  name: 'own',
  mode: 'enforce',
  environmentKinds: [],
  registries: [],
  requireDigest: false,
  signatureKeys: [],
  vulnerabilities: null,
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
    const expiresAt = new Date('2026-11-22');
    const exemption = { tenantId: 't', image: 'docker.io/library/busybox', vulnerability: null, expiresAt };
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
    const state = (signature: SignatureState) => ({ signature: async () => signature, reports: async () => [] });
    const verdicts = await judge(strict, 'busybox', where, state('unsigned'));
    expect(verdicts.map(({ rule }) => rule)).toEqual(['registry', 'digest', 'signature']);
    expect(verdicts[0]?.remedy).toContain('ghcr.io/acme');
    expect(await judge(strict, `ghcr.io/acme/web@${digest}`, where, state('signed'))).toEqual([]);
    expect(await judge(strict, `ghcr.io/acme/web@${digest}`, where, state('unknown'))).toHaveLength(1);
  });
});

describe('the rule about weaknesses', () => {
  const finding = (id: string, severity: Finding['severity'], fixedIn = '2'): Finding => ({
    id,
    severity,
    package: 'openssl',
    version: '1',
    fixedIn,
  });
  const findings = [
    finding('CVE-1', 'critical'),
    finding('CVE-2', 'high', ''),
    finding('CVE-3', 'high'),
    finding('CVE-4', 'medium'),
    finding('CVE-5', 'unknown'),
  ];
  const rule = (fields: Partial<VulnerabilityRule> = {}): VulnerabilityRule => ({
    maxSeverity: 'high',
    maxCount: 0,
    unreported: 'allow',
    onlyFixable: false,
    onlyPlatformReports: false,
    ...fields,
  });
  const own: ImageReport = { tenantId: 't', digest, findings };
  const clean: ImageReport = { tenantId: null, digest, findings: [] };
  const messages = async (fields: Partial<VulnerabilityRule>, reports: ImageReport[], more: Partial<Policy> = {}) =>
    (
      await judge(policy({ vulnerabilities: rule(fields), ...more }), 'busybox', where, {
        signature: async () => 'unknown',
        reports: async () => reports,
      })
    ).map(({ message }) => message);

  it.each<[string, Partial<VulnerabilityRule>, number]>([
    ['refuses what is more severe than may be', {}, 1],
    ['counts from there on', { maxSeverity: 'medium' }, 3],
    ['leaves out what nobody can mend', { maxSeverity: 'medium', onlyFixable: true }, 2],
    ['takes everything into account', { maxSeverity: 'none' }, 5],
  ])('%s', async (_, fields, count) => {
    expect(await messages(fields, [own])).toMatchObject([expect.stringContaining(`has ${count} `)]);
    expect(await messages({ ...fields, maxCount: count }, [own])).toEqual([]);
    expect(await messages({ ...fields, maxCount: count - 1 }, [own])).toHaveLength(1);
  });

  it('names the worst, and says how many more there are', async () => {
    const many = Array.from({ length: 9 }, (_, n) => finding(`CVE-${n}`, 'critical'));
    const [message] = await messages({}, [{ ...own, findings: many }]);
    expect(message).toContain('CVE-0 (critical, openssl)');
    expect(message).toContain('and 4 more');
  });

  it('lets a report that finds nothing not outweigh one that finds something', async () => {
    expect(await messages({}, [clean, own])).toHaveLength(1);
    expect(await messages({}, [own, clean])).toHaveLength(1);
  });

  it('believes the platform alone, where it is told to', async () => {
    expect(await messages({ onlyPlatformReports: true, unreported: 'refuse' }, [own])).toMatchObject([
      expect.stringContaining('No report'),
    ]);
    expect(await messages({ onlyPlatformReports: true }, [own, clean])).toEqual([]);
  });

  it('lets an image without a report pass, or refuses it', async () => {
    expect(await messages({}, [])).toEqual([]);
    expect(await messages({ unreported: 'refuse' }, [])).toHaveLength(1);
    expect(await messages({ unreported: 'refuse' }, [clean])).toEqual([]);
  });

  it('overlooks what is exempted: that weakness, on these images, in this tenant, until then', async () => {
    const exemption = { tenantId: 't', image: '*', vulnerability: 'CVE-1', expiresAt: new Date('2026-11-22') };
    const by = (fields: Partial<typeof exemption>) =>
      messages({}, [own], { exemptions: [{ ...exemption, ...fields }] });
    expect(await by({})).toEqual([]);
    expect(await by({ vulnerability: 'CVE-3' })).toHaveLength(1);
    expect(await by({ tenantId: 'u' })).toHaveLength(1);
    expect(await by({ image: 'ghcr.io' })).toHaveLength(1);
    expect(await by({ expiresAt: now })).toHaveLength(1);
    expect(isExempt(policy({ exemptions: [exemption] }), 'busybox', { tenantId: 't' }, now, host)).toBe(false);
  });
});
