import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

const days = 825;
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes the certificate that answers where no other does, `*.<domain>`, signed by itself, unless it is there. */
export async function ensureDefaultCertificate(directory: string, domain: string, now: number): Promise<void> {
  const file = join(directory, 'certificates', 'default.pem');
  if (existsSync(file)) return;
  const { certificate, key } = await signItself([`*.${domain}`, domain], now);
  await mkdir(join(directory, 'certificates'), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.next`, `${certificate}${key}`, { mode: 0o600 });
  await rename(`${file}.next`, file);
}

/** A certificate for the names, signed by itself, and its key; both as PEM that ends with a line break. */
export async function signItself(
  names: readonly [string, ...string[]],
  now: number,
  algorithm: typeof ecdsa | webcrypto.RsaHashedKeyGenParams = ecdsa,
): Promise<{ readonly certificate: string; readonly key: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${names[0]}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + days * 86_400_000),
    extensions: [new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${certificate.toString('pem')}\n`, key: `${key}\n` };
}
