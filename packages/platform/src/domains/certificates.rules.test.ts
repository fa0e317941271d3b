import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateSecretName, dueWarning, readCertificate, stateOf } from './certificates.rules.js';
import { seeSecret } from './seen-certificates.rules.js';
import { makeCertificate, type TestCertificate } from './testing/certificates.js';

const host = 'shop.example.dev';
const now = new Date();
let root: TestCertificate;
let own: TestCertificate;
let single: TestCertificate;

beforeAll(async () => {
  root = await makeCertificate([]);
  own = await makeCertificate([host, 'www.example.dev'], { issuer: root });
  single = await makeCertificate([host]);
});

const codesOf = (pem: { certificate: string; privateKey: string }, hostname = host) => {
  const read = readCertificate(pem, hostname, now);
  return 'errors' in read ? read.errors.map(({ path, code }) => `${path} ${code}`) : [];
};

describe('a certificate', () => {
  it('with its chain and key is read, and nothing of its key is told', () => {
    const read = readCertificate(
      { certificate: own.certificate + root.certificate, privateKey: own.privateKey },
      host,
      now,
    );
    expect(read).toMatchObject({ facts: { subjectNames: [host, 'www.example.dev'], issuer: 'CN=Test issuer' } });
    expect('facts' in read && JSON.stringify(read.facts)).not.toContain('PRIVATE');
  });

  it('for a wildcard covers one label and no more', async () => {
    const wide = await makeCertificate(['*.example.dev']);
    expect(codesOf(wide)).toEqual([]);
    expect(codesOf(wide, 'a.shop.example.dev')).toEqual(['body.certificate certificate-hostname-not-covered']);
  });

  it.each<
    [
      string,
      () => Promise<{ certificate: string; privateKey: string }> | { certificate: string; privateKey: string },
      string[],
    ]
  >([
    ['no PEM', () => ({ ...single, certificate: 'hello' }), ['body.certificate certificate-malformed']],
    [
      'PEM of nothing',
      () => ({ ...single, certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }),
      ['body.certificate certificate-malformed'],
    ],
    [
      'a key in the certificate’s place',
      () => ({ ...single, certificate: single.certificate + single.privateKey }),
      ['body.certificate certificate-malformed'],
    ],
    ['no key', () => ({ ...single, privateKey: 'hello' }), ['body.privateKey private-key-malformed']],
    [
      'a key with a passphrase',
      () => {
        const cipher = { cipher: 'aes-256-cbc', passphrase: 'x' };
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return { ...single, privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher })) };
      },
      ['body.privateKey private-key-malformed'],
    ],
    ['another key', () => ({ ...single, privateKey: root.privateKey }), ['body.privateKey private-key-does-not-fit']],
    ['a weak key', () => makeCertificate([host], { isWeak: true }), ['body.privateKey private-key-weak']],
    ['another name', () => makeCertificate(['www.example.dev']), ['body.certificate certificate-hostname-not-covered']],
    ['its time over', () => makeCertificate([host], { from: -9, to: -1 }), ['body.certificate certificate-expired']],
    [
      'a chain in the wrong order',
      () => ({ certificate: single.certificate + own.certificate, privateKey: single.privateKey }),
      ['body.certificate certificate-chain-broken'],
    ],
    [
      'a chain without end',
      () => ({ ...single, certificate: single.certificate.repeat(11) }),
      ['body.certificate certificate-malformed'],
    ],
  ])('with %s is refused, by field and code', async (_, make, codes) => expect(codesOf(await make())).toEqual(codes));
});

describe('its state', () => {
  const facts = (from: number, to: number) => {
    const at = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString();
    return { subjectNames: [host], issuer: 'CN=x', fingerprint: 'AA', notBefore: at(from), notAfter: at(to) };
  };
  it.each([
    ['valid', -1, 30, null],
    ['valid', 1, 30, 'It counts from'],
    ['expiring', -1, 13.5, 'It expires in 14 days'],
    ['expiring', -1, 0.5, 'It expires in 1 day.'],
    ['expired', -9, -1, 'It expired'],
  ])('is %s from day %d to day %d', (state, from, to, message) => {
    const shown = stateOf(facts(from, to), null, now);
    expect(shown.state).toBe(state);
    expect(shown.message ?? null).toEqual(message === null ? null : expect.stringContaining(message));
  });
  it.each([
    [20, undefined],
    [13, 14],
    [2, 3],
    [-1, 3],
  ])('%d days before its end it is time for the warning of day %s', (days, expected) =>
    expect(dueWarning(new Date(now.getTime() + days * 86_400_000), now)).toBe(expected),
  );
});

describe('a Secret that was named', () => {
  const wanted = { name: 'tls', namespace: 'ns', hostname: host, now };
  const secret = (type: string, pem: { certificate: string; privateKey: string }) => {
    const encode = (text: string) => Buffer.from(text).toString('base64');
    return {
      metadata: { name: 'tls' },
      type,
      data: { 'tls.crt': encode(pem.certificate), 'tls.key': encode(pem.privateKey) },
    };
  };
  it('is missing, of another type, broken, or good', async () => {
    expect(seeSecret(undefined, wanted).problem).toMatchObject({ state: 'missing' });
    expect(seeSecret(secret('Opaque', single), wanted).problem?.message).toContain('of type Opaque');
    expect(seeSecret({ metadata: { name: 'tls' }, type: 'kubernetes.io/tls' }, wanted).problem).toMatchObject({
      state: 'invalid',
    });
    const wrongKey = seeSecret(secret('kubernetes.io/tls', { ...single, privateKey: root.privateKey }), wanted);
    expect(wrongKey).toMatchObject({ notAfter: null, problem: { state: 'invalid' } });
    expect(seeSecret(secret('kubernetes.io/tls', single), wanted)).toMatchObject({ problem: null });
    const old = await makeCertificate([host], { from: -9, to: -1 });
    expect(seeSecret(secret('kubernetes.io/tls', old), wanted)).toMatchObject({ problem: null, facts: {} });
  });
});

it('the Secret of an uploaded one has a name that no application can have', () => {
  expect(certificateSecretName('shop', host)).toMatch(/^shop\.tls-[0-9a-f]{12}$/);
});
