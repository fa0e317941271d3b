import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { FieldError } from '../kernel/errors/errors.js';

/** What may be told of a certificate: all that stands in it in the clear anyway. */
export const factsSchema = z.object({
  subjectNames: z.array(z.string()),
  issuer: z.string(),
  notBefore: z.string(),
  notAfter: z.string(),
  fingerprint: z.string(),
});
export type CertificateFacts = z.output<typeof factsSchema>;

export const problemSchema = z.object({ state: z.enum(['missing', 'invalid']), message: z.string() });
export type CertificateProblem = z.output<typeof problemSchema>;

/** A certificate that was read, or why it cannot be used. */
export type ReadCertificate =
  | {
      readonly facts: CertificateFacts;
      readonly notAfter: Date;
      /** As PEM, and nothing else that stood in the file. */
      readonly chain: string;
      readonly key: string;
    }
  | { readonly errors: readonly FieldError[]; readonly facts?: CertificateFacts };

const mostCertificates = 10;
const mostNames = 100;
const leastRsaBits = 2048;
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];
const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** Reads a chain, the host's own certificate first, and its key, and holds them against the host name and the time. */
export function readCertificate(
  pem: { readonly certificate: string; readonly privateKey: string },
  hostname: string,
  now: Date,
): ReadCertificate {
  const chain = readChain(pem.certificate);
  if (!Array.isArray(chain)) return { errors: [chain] };
  const [own, ...issuers] = chain;
  if (!own) return { errors: [refuse('certificate', 'certificate-malformed', 'It holds no certificate in PEM.')] };
  const facts = factsOf(own);
  const key = readKey(pem.privateKey);
  const errors = [
    ...chainErrors([own, ...issuers]),
    ...('code' in key ? [key] : keyErrors(own, key)),
    ...hostErrors(own, facts, hostname),
    ...timeErrors(own, now),
  ];
  if (errors.length > 0 || 'code' in key) return { errors, facts };
  return {
    facts,
    notAfter: new Date(own.validTo),
    chain: chain.map((each) => each.toString()).join(''),
    key: String(key.export({ type: 'pkcs8', format: 'pem' })),
  };
}

const refuse = (field: string, code: string, message: string): FieldError => ({ path: `body.${field}`, code, message });

function readChain(text: string): X509Certificate[] | FieldError {
  const malformed = (message: string) => refuse('certificate', 'certificate-malformed', message);
  const blocks = [...text.matchAll(block)];
  if (blocks.some(([, label]) => label !== 'CERTIFICATE'))
    return malformed('It holds something else than certificates: the key has a field of its own.');
  if (blocks.length === 0) return malformed('It holds no certificate in PEM (-----BEGIN CERTIFICATE-----).');
  if (blocks.length > mostCertificates) return malformed(`A chain has at most ${mostCertificates} certificates.`);
  try {
    return blocks.map(([whole]) => new X509Certificate(whole));
  } catch {
    return malformed('One of its certificates cannot be read.');
  }
}

function readKey(text: string): KeyObject | FieldError {
  const malformed = (message: string) => refuse('privateKey', 'private-key-malformed', message);
  if (/ENCRYPTED/.test(text)) return malformed('The key has a passphrase: take it off before.');
  try {
    return createPrivateKey(text);
  } catch {
    return malformed('It holds no private key in PEM.');
  }
}

function chainErrors(chain: readonly X509Certificate[]): readonly FieldError[] {
  return chain.slice(1).flatMap((issuer, index) => {
    const issued = chain[index];
    if (issued?.checkIssued(issuer) && issued.verify(issuer.publicKey)) return [];
    const message = `Certificate ${index + 2} of the chain has not issued certificate ${index + 1}: the host's own comes first, then each one's issuer.`;
    return [refuse('certificate', 'certificate-chain-broken', message)];
  });
}

function keyErrors(own: X509Certificate, key: KeyObject): readonly FieldError[] {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const isStrong =
    (key.asymmetricKeyType === 'rsa' && modulusLength >= leastRsaBits) ||
    (key.asymmetricKeyType === 'ec' && curves.includes(namedCurve));
  if (!isStrong) {
    const message = `The key is neither RSA of ${leastRsaBits} bits at least nor EC on P-256, P-384 or P-521.`;
    return [refuse('privateKey', 'private-key-weak', message)];
  }
  if (own.checkPrivateKey(key)) return [];
  return [refuse('privateKey', 'private-key-does-not-fit', 'The key is not the one of the first certificate.')];
}

function hostErrors(own: X509Certificate, { subjectNames }: CertificateFacts, hostname: string): readonly FieldError[] {
  // Clients look at the alternative names alone.
  if (own.checkHost(hostname, { subject: 'never', partialWildcards: false }) !== undefined) return [];
  const names = subjectNames.slice(0, 5).join(', ') || 'no host name';
  const message = `The certificate is not for ${hostname}, but for ${names}.`;
  return [refuse('certificate', 'certificate-hostname-not-covered', message)];
}

function timeErrors(own: X509Certificate, now: Date): readonly FieldError[] {
  if (new Date(own.validTo) > now) return [];
  return [refuse('certificate', 'certificate-expired', `It expired at ${new Date(own.validTo).toISOString()}.`)];
}

function factsOf(own: X509Certificate): CertificateFacts {
  const names = (own.subjectAltName ?? '').split(', ').flatMap((name) => /^DNS:"?([^"]+)"?$/.exec(name)?.[1] ?? []);
  return {
    subjectNames: names.slice(0, mostNames),
    issuer: own.issuer.replaceAll('\n', ', ').slice(0, 500),
    notBefore: new Date(own.validFrom).toISOString(),
    notAfter: new Date(own.validTo).toISOString(),
    fingerprint: own.fingerprint256,
  };
}

const day = 24 * 60 * 60 * 1000;
export const expiringDays = 14;
const lastDays = 3;

type CertificateState = 'valid' | 'expiring' | 'expired' | 'missing' | 'invalid';

/** What it is now, and in words what is to be said of it; null where nothing is. */
export function stateOf(
  facts: CertificateFacts | null,
  problem: CertificateProblem | null,
  now: Date,
): { readonly state: CertificateState; readonly message: string | null } {
  if (facts && new Date(facts.notAfter) <= now)
    return { state: 'expired', message: `It expired at ${facts.notAfter}: bring a new one.` };
  if (problem) return problem;
  if (!facts) return { state: 'missing', message: 'It was not seen yet.' };
  if (new Date(facts.notBefore) > now) return { state: 'valid', message: `It counts from ${facts.notBefore} on.` };
  const left = Math.ceil((new Date(facts.notAfter).getTime() - now.getTime()) / day);
  return left > expiringDays
    ? { state: 'valid', message: null }
    : { state: 'expiring', message: `It expires in ${left} ${left === 1 ? 'day' : 'days'}.` };
}

/** Of which of the two warnings it is time; undefined: of none. */
export function dueWarning(notAfter: Date, now: Date): number | undefined {
  const left = notAfter.getTime() - now.getTime();
  if (left <= lastDays * day) return lastDays;
  return left <= expiringDays * day ? expiringDays : undefined;
}

/** The Secret that the platform makes of an uploaded certificate: with a dot, which no application's name has. */
export const certificateSecretName = (application: string, hostname: string): string =>
  `${application}.tls-${createHash('sha256').update(hostname).digest('hex').slice(0, 12)}`;
