import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, expect, test } from 'vitest';
import { parseCertificateRequest } from './request.js';
import { clientUsagesProblem, kubeletClientProblem, kubeletServingProblem } from './signers.js';

beforeAll(() => x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]));

const algorithms = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  ed25519: { name: 'Ed25519' },
};

async function requestFor(
  subject: x509.JsonName,
  names: x509.JsonGeneralNames = [],
  algorithm: keyof typeof algorithms = 'ecdsa',
): Promise<string> {
  const signingAlgorithm = algorithms[algorithm];
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name(subject).toJSON(),
    keys: keys as webcrypto.CryptoKeyPair,
    signingAlgorithm,
    extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [],
  });
  return request.toString('pem');
}

const encode = (pem: string) => Buffer.from(pem).toString('base64');
const node: x509.JsonName = [{ O: ['system:nodes'] }, { CN: ['system:node:a'] }];

test.each(['ecdsa', 'rsa', 'ed25519'] as const)('what a request signed with %s asks for is read', async (algorithm) => {
  const subject: x509.JsonName = [{ O: ['one'] }, { O: ['two'] }, { CN: ['änne'] }];
  const names = [
    { type: 'dns' as const, value: 'a.example' },
    { type: 'ip' as const, value: '10.0.0.1' },
    { type: 'ip' as const, value: '2001:db8::1' },
    { type: 'email' as const, value: 'a@example.com' },
    { type: 'url' as const, value: 'spiffe://a/b' },
  ];
  expect(parseCertificateRequest(encode(await requestFor(subject, names, algorithm)))).toEqual({
    commonName: 'änne',
    organizations: ['one', 'two'],
    dnsNames: ['a.example'],
    ipAddresses: ['10.0.0.1', '2001:db8:0:0:0:0:0:1'],
    emailAddresses: ['a@example.com'],
    uris: ['spiffe://a/b'],
  });
});

test('what is no request, or was tampered with, is refused', async () => {
  const pem = await requestFor([{ CN: ['ann'] }]);
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const asPem = (bytes: Buffer) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  expect(parseCertificateRequest(encode(asPem(der))).commonName).toBe('ann');
  const renamed = Buffer.from(der);
  renamed.write('eve', renamed.indexOf('ann'));
  const wrong: [string, string][] = [
    ['', 'PEM block type must be CERTIFICATE REQUEST'],
    [pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), 'PEM block type must be CERTIFICATE REQUEST'],
    [asPem(der.subarray(0, -3)), 'asn1: structure error'],
    [asPem(Buffer.from([0x30, 0])), 'asn1: structure error'],
    [asPem(Buffer.alloc(40, 0xff)), 'asn1: structure error'],
    [asPem(renamed), 'x509: the signature is not valid'],
  ];
  for (const [text, message] of wrong) expect(() => parseCertificateRequest(encode(text)), text).toThrow(message);
});

test('a node asks for its own name, and for no more than its signer gives', async () => {
  const client = parseCertificateRequest(encode(await requestFor(node)));
  const serving = parseCertificateRequest(encode(await requestFor(node, [{ type: 'ip', value: '10.0.0.1' }])));
  const other = parseCertificateRequest(encode(await requestFor([{ O: ['system:nodes'] }, { CN: ['a'] }])));
  const forClient = ['client auth', 'digital signature'];
  const forServing = ['key encipherment', 'server auth', 'digital signature'];
  expect(kubeletClientProblem(client, forClient)).toBeUndefined();
  expect(kubeletClientProblem(client, [...forClient, 'key encipherment'])).toBeUndefined();
  expect(kubeletClientProblem(client, forServing)).toBe(
    'usages did not match [client auth digital signature key encipherment]',
  );
  expect(kubeletClientProblem(serving, forClient)).toBe('IP subjectAltNames are not allowed');
  expect(kubeletClientProblem(other, forClient)).toBe('subject common name does not begin with system:node:');
  expect(kubeletClientProblem({ ...client, organizations: ['system:masters'] }, forClient)).toBe(
    'subject organization is not system:nodes',
  );
  expect(kubeletServingProblem(serving, forServing)).toBeUndefined();
  expect(kubeletServingProblem(client, forServing)).toBe('DNS or IP subjectAltName is required');
  expect(clientUsagesProblem(forClient)).toBeUndefined();
  expect(clientUsagesProblem(['digital signature'])).toBe('missing required usage for client certificate: client auth');
  expect(clientUsagesProblem(forServing)).toBe('invalid usage for client certificate: server auth');
});
