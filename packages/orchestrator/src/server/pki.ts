import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

x509.cryptoProvider.set(webcrypto as unknown as { subtle: never; getRandomValues: never; randomUUID: never });

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;
const caDays = 3650;
const leafDays = 365;
const renewDays = 60;

/** PEM texts. */
export interface KeyPair {
  certificate: string;
  key: string;
}

export interface CertificateRequest {
  /** The user of a client certificate. */
  commonName: string;
  /** The groups of a client certificate. */
  organizations?: readonly string[];
  /** Host names and IP addresses; their presence makes it a serving certificate. */
  hosts?: readonly string[];
}

/** What somebody asks to be certified by a PKCS #10 request. */
export interface SigningRequest {
  /** PEM; its subject, public key and alternative names are taken as they are. */
  readonly request: string;
  readonly isForServer: boolean;
  readonly isForClient: boolean;
  /** The key may encipher other keys. */
  readonly enciphersKeys: boolean;
  readonly seconds: number;
}

export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  /** A certificate kept under a file name, made again when it misses a host or is about to expire. */
  keep(file: string, request: CertificateRequest): Promise<KeyPair>;
  /** A certificate (PEM) that ends no later than the authority itself. Throws where the request cannot be read. */
  sign(request: SigningRequest): Promise<string>;
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
}

async function keyToPem(key: CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`;
}

async function keyFromPem(pem: string): Promise<CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decode(pem)[0]!, algorithm, true, [
    'sign',
  ]) as Promise<CryptoKey>;
}

const serialNumber = () => `01${randomBytes(15).toString('hex')}`;
const span = (days: number) => ({
  notBefore: new Date(Date.now() - 5 * 60 * 1000),
  notAfter: new Date(Date.now() + days * day),
});

/** Writes whole or not at all; mode 0600 for keys. */
export async function writeAtomically(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, text, { mode });
  await rename(draft, path);
}

/** Opens the authority kept in a directory, or founds it. */
export async function openCertificateAuthority(
  directory: string,
  commonName = 'slipway-cluster-ca',
): Promise<CertificateAuthority> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const certificateFile = join(directory, 'ca.crt');
  const keyFile = join(directory, 'ca.key');
  if (!existsSync(certificateFile) || !existsSync(keyFile)) {
    const keys = await generateKeys();
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: `CN=${commonName}`,
      ...span(caDays),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    await writeAtomically(keyFile, await keyToPem(keys.privateKey), 0o600);
    await writeAtomically(certificateFile, `${made.toString('pem')}\n`, 0o644);
  }
  const certificate = await readFile(certificateFile, 'utf8');
  const ca = {
    certificate: new x509.X509Certificate(certificate),
    key: await keyFromPem(await readFile(keyFile, 'utf8')),
  };
  return {
    certificate,
    keep: (file, request) => keep(directory, file, request, ca),
    sign: (request) => sign(request, ca),
  };
}

type Signer = { certificate: x509.X509Certificate; key: CryptoKey };

async function keep(directory: string, file: string, request: CertificateRequest, ca: Signer): Promise<KeyPair> {
  const certificateFile = join(directory, `${file}.crt`);
  const keyFile = join(directory, `${file}.key`);
  if (existsSync(certificateFile) && existsSync(keyFile)) {
    const known = { certificate: await readFile(certificateFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    if (await isCurrent(known.certificate, request, ca)) return known;
  }
  const keys = await generateKeys();
  const issued = await issue(request, keys, ca);
  const pair = { certificate: `${issued.toString('pem')}\n`, key: await keyToPem(keys.privateKey) };
  await writeAtomically(keyFile, pair.key, 0o600);
  await writeAtomically(certificateFile, pair.certificate, 0o644);
  return pair;
}

async function isCurrent(pem: string, request: CertificateRequest, ca: Signer): Promise<boolean> {
  const certificate = new x509.X509Certificate(pem);
  if (certificate.notAfter.getTime() < Date.now() + renewDays * day) return false;
  if (!(await certificate.verify({ publicKey: ca.certificate.publicKey, signatureOnly: true }))) return false;
  const names =
    certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items.map((each) => each.value) ?? [];
  return (request.hosts ?? []).every((host) => names.includes(host));
}

async function issue(request: CertificateRequest, keys: CryptoKeyPair, ca: Signer): Promise<x509.X509Certificate> {
  const hosts = (request.hosts ?? []).map((host) => ({
    type: isIP(host) ? ('ip' as const) : ('dns' as const),
    value: host,
  }));
  const usages = [x509.ExtendedKeyUsage.clientAuth, ...(hosts.length > 0 ? [x509.ExtendedKeyUsage.serverAuth] : [])];
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: new x509.Name([
      ...(request.organizations ?? []).map((each) => ({ O: [each] })),
      { CN: [request.commonName] },
    ]).toJSON(),
    issuer: ca.certificate.subject,
    ...span(leafDays),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: ca.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(hosts.length > 0 ? [new x509.SubjectAlternativeNameExtension(hosts)] : []),
      await x509.AuthorityKeyIdentifierExtension.create(ca.certificate.publicKey),
    ],
  });
}

const backdateMilliseconds = 5 * 60 * 1000;
const shortSeconds = 8 * 60 * 60;

async function sign(asked: SigningRequest, ca: Signer): Promise<string> {
  const request = new x509.Pkcs10CertificateRequest(asked.request);
  const names = request.getExtension('2.5.29.17');
  const now = Date.now();
  // A short life is given whole; of a long one the minutes before it count too.
  const end = now + asked.seconds * 1000 - (asked.seconds < shortSeconds ? 0 : backdateMilliseconds);
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const usages = [
    ...(asked.isForClient ? [x509.ExtendedKeyUsage.clientAuth] : []),
    ...(asked.isForServer ? [x509.ExtendedKeyUsage.serverAuth] : []),
  ];
  const issued = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subjectName,
    issuer: ca.certificate.subject,
    notBefore: new Date(now - backdateMilliseconds),
    notAfter: new Date(Math.min(end, ca.certificate.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: request.publicKey,
    signingKey: ca.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(asked.enciphersKeys ? digitalSignature | keyEncipherment : digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(names ? [new x509.SubjectAlternativeNameExtension(names.rawData)] : []),
      await x509.AuthorityKeyIdentifierExtension.create(ca.certificate.publicKey),
    ],
  });
  return `${issued.toString('pem')}\n`;
}
