import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const day = 86_400_000;
type Keys = webcrypto.CryptoKeyPair;

export interface TestCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  readonly keys: Keys;
  readonly subject: string;
}

const ec = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const weak = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 1024,
  publicExponent: new Uint8Array([1, 0, 1]),
};

/** A certificate for host names; signed by itself, or by an issuer. Times are in days from `now`, today by default. */
export async function makeCertificate(
  names: readonly string[],
  options: {
    readonly from?: number;
    readonly to?: number;
    readonly now?: Date;
    readonly issuer?: TestCertificate;
    readonly isWeak?: boolean;
  } = {},
): Promise<TestCertificate> {
  const { from = -1, to = 90, now = new Date(), issuer, isWeak = false } = options;
  const algorithm = isWeak ? weak : ec;
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as Keys;
  const subject = `CN=${names[0] ?? 'Test issuer'}`;
  const made = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.subject ?? subject,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(now.getTime() + from * day),
    notAfter: new Date(now.getTime() + to * day),
    extensions:
      names.length > 0
        ? [new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))]
        : [new BasicConstraintsExtension(true)],
  });
  const privateKey = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${made.toString('pem')}\n`, privateKey, keys, subject };
}
