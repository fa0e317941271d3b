import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import type { Secret } from '../../kinds/index.js';
import { signItself } from './certificate.js';
import { createPairReader, readPair } from './certificate-pair.js';

const secret = (crt: string, key: string): Secret => ({
  metadata: { name: 'own', namespace: 'shop' },
  data: { 'tls.crt': Buffer.from(crt).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
});
let own: { certificate: string; key: string };
let other: { certificate: string; key: string };
beforeAll(async () => {
  own = await signItself(['shop.test'], Date.now());
  other = await signItself(['other.test'], Date.now());
});

it('writes chain and key anew, without whatever else stands beside them', () => {
  const chain = `Bag attributes\n${own.certificate}\r\n\n-----BEGIN DH PARAMETERS-----\nAA==\n-----END DH PARAMETERS-----\n${other.certificate}`;
  expect(readPair(secret(chain, `notes\n${own.key}${other.key}`))).toEqual({
    pem: `${own.certificate}${other.certificate}${own.key}`,
  });
});

it('reads a Secret once', () => {
  const read = createPairReader();
  const one = secret(own.certificate, own.key);
  expect(read(one)).toBe(read(one));
});

it('names what is wrong', () => {
  const problem = (crt: string, key: string) => {
    const read = readPair(secret(crt, key));
    return 'problem' in read ? read.problem : 'nothing';
  };
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const locked = createPrivateKey(own.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  // No key that works, which would take seconds to make: its size alone is looked at.
  const number = (bytes: number) => Buffer.alloc(bytes, 0xff).toString('base64url');
  const parts = { d: number(528), p: number(264), q: number(264), dp: number(264), dq: number(264), qi: number(264) };
  const large = createPrivateKey({ format: 'jwk', key: { kty: 'RSA', n: number(528), e: 'AQAB', ...parts } });
  const { privateKey } = generateKeyPairSync('ed25519');
  expect(problem('', own.key)).toBe('tls.crt holds no certificate in PEM.');
  expect(problem(own.key, own.key)).toBe('tls.crt holds no certificate in PEM.');
  expect(problem(own.certificate + broken, own.key)).toBe('Certificate 2 in tls.crt cannot be read.');
  expect(problem(own.certificate.repeat(17), own.key)).toBe('tls.crt holds more than 16 certificates.');
  expect(problem(own.certificate, '')).toMatch(/^tls.key holds no private key/);
  expect(problem(own.certificate, String(locked))).toMatch(/without a password/);
  expect(problem(own.certificate, other.key)).toMatch(/does not fit the first certificate/);
  expect(problem(own.certificate, String(privateKey.export({ type: 'pkcs8', format: 'pem' })))).toMatch(/does not fit/);
  expect(problem(own.certificate, String(large.export({ type: 'pkcs8', format: 'pem' })))).toBe(
    'The RSA key in tls.key has more than 4096 bits.',
  );
  expect(readPair({ metadata: { name: 'own' } })).toEqual({ problem: 'tls.crt holds no certificate in PEM.' });
});
