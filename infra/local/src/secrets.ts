import 'reflect-metadata';
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { exportJWK, generateKeyPair } from 'jose';

/** Paths of the secret files of an installation; every file has mode 0600. */
export interface SecretFiles {
  readonly issuerKey: string;
  readonly portalClient: string;
  /** Of the client `slipway-api` at Keycloak. */
  readonly issuerClient: string;
  readonly session: string;
  readonly masterKey: string;
  /** Folder of the master keys that rotation has made. */
  readonly masterKeys: string;
  readonly auditKeys: string;
  readonly admin: string;
  readonly registryKey: string;
  readonly registryCertificate: string;
  readonly registryHttp: string;
  readonly postgres: string;
  readonly postgresSuperuser: string;
  readonly redis: string;
  readonly keycloakAdmin: string;
}

export function secretFiles(home: string): SecretFiles {
  const at = (name: string) => join(home, 'secrets', name);
  return {
    issuerKey: at('issuer.jwk.json'),
    portalClient: at('portal-client'),
    issuerClient: at('issuer-client'),
    session: at('session'),
    masterKey: at('master.key'),
    masterKeys: at('master-keys'),
    auditKeys: at('audit-keys.json'),
    admin: at('admin.json'),
    registryKey: at('registry-token.key'),
    registryCertificate: at('registry-token.crt'),
    registryHttp: at('registry-http'),
    postgres: at('postgres'),
    postgresSuperuser: at('postgres-superuser'),
    redis: at('redis'),
    keycloakAdmin: at('keycloak-admin'),
  };
}

/** Makes each secret that is not there yet; an existing one is never touched. */
export async function ensureSecrets(home: string): Promise<SecretFiles> {
  const files = secretFiles(home);
  mkdirSync(join(home, 'secrets'), { recursive: true, mode: 0o700 });
  chmodSync(join(home, 'secrets'), 0o700);
  mkdirSync(files.masterKeys, { recursive: true, mode: 0o700 });
  const texts: Partial<Record<keyof SecretFiles, () => string>> = {
    portalClient: () => randomBytes(32).toString('base64url'),
    issuerClient: () => randomBytes(32).toString('base64url'),
    session: () => randomBytes(48).toString('base64url'),
    masterKey: () => randomBytes(32).toString('base64'),
    auditKeys,
    admin: () => `${JSON.stringify({ username: 'admin', password: readablePassword() })}\n`,
    registryHttp: () => randomBytes(32).toString('hex'),
    postgres: () => randomBytes(24).toString('hex'),
    postgresSuperuser: () => randomBytes(24).toString('hex'),
    redis: () => randomBytes(24).toString('hex'),
    keycloakAdmin: readablePassword,
  };
  for (const name of Object.keys(texts) as (keyof SecretFiles)[]) {
    const make = texts[name];
    if (make && !existsSync(files[name])) writeSecret(files[name], make());
  }
  if (!existsSync(files.issuerKey)) writeSecret(files.issuerKey, await issuerKey());
  if (!existsSync(files.registryKey) || !existsSync(files.registryCertificate)) await writeRegistryKey(files);
  return files;
}

export function readSecret(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

function writeSecret(file: string, text: string): void {
  writeFileSync(`${file}.part`, text, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

/** A JWK set with the Ed25519 key that signs the audit log's checkpoints. */
function auditKeys(): string {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return `${JSON.stringify({ keys: [{ ...jwk, kid: randomBytes(8).toString('hex') }] })}\n`;
}

/** 20 characters without look-alikes (116 bits), in groups of five so that a person can type it. */
function readablePassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const letters: string[] = [];
  while (letters.length < 20) {
    // 224 = 4 × 56: bytes above it would make some letters likelier.
    for (const byte of randomBytes(32)) if (byte < 224 && letters.length < 20) letters.push(alphabet[byte % 56] ?? '');
  }
  return letters.join('').replace(/(.{5})(?=.)/g, '$1-');
}

async function issuerKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const kid = randomBytes(8).toString('hex');
  return `${JSON.stringify({ ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' })}\n`;
}

/** The registry trusts tokens whose `x5c` (or libtrust `kid`) leads to this self-signed certificate. */
async function writeRegistryKey(files: SecretFiles): Promise<void> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomBytes(8).toString('hex').replace(/^./, '1'),
      name: 'CN=slipway-registry-token',
      notBefore: new Date(now - 86_400_000),
      notAfter: new Date(now + 20 * 365 * 86_400_000),
      signingAlgorithm: algorithm,
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  writeSecret(files.registryKey, `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`);
  writeSecret(files.registryCertificate, `${certificate.toString('pem')}\n`);
}
