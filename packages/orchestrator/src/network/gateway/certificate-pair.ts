import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Secret } from '../../kinds/index.js';

/** Chain and key as HAProxy reads them, or what is wrong with them, for the one who made the Secret. */
export type Pair = { readonly pem: string } | { readonly problem: string };

const mostCertificates = 16;
/** A handshake is paid for by all who share the gateway. */
const mostRsaBits = 4096;

/** Gives what `readPair` does, once for each state of a Secret. */
export function createPairReader(): (secret: Secret) => Pair {
  const known = new WeakMap<Secret, Pair>();
  return (secret) => {
    const pair = known.get(secret) ?? readPair(secret);
    known.set(secret, pair);
    return pair;
  };
}

/**
 * Reads `tls.crt` and `tls.key`. Both are written anew from what was understood of them, so that nothing else which
 * stands in the Secret reaches HAProxy's files. Pure; no message holds a part of the key.
 */
export function readPair({ data }: Secret): Pair {
  const blocks = textOf(data?.['tls.crt']).match(
    /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g,
  );
  if (!blocks) return { problem: 'tls.crt holds no certificate in PEM.' };
  if (blocks.length > mostCertificates) return { problem: `tls.crt holds more than ${mostCertificates} certificates.` };
  const chain: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    const certificate = attempt(() => new X509Certificate(block));
    if (!certificate) return { problem: `Certificate ${index + 1} in tls.crt cannot be read.` };
    chain.push(certificate);
  }
  const key = attempt(() => createPrivateKey(textOf(data?.['tls.key'])));
  if (!key) return { problem: 'tls.key holds no private key in PEM that can be read without a password.' };
  if (bitsOf(key) > mostRsaBits) return { problem: `The RSA key in tls.key has more than ${mostRsaBits} bits.` };
  if (chain[0]?.checkPrivateKey(key) !== true)
    return { problem: 'The key in tls.key does not fit the first certificate in tls.crt.' };
  const parts = [...chain.map(String), String(key.export({ type: 'pkcs8', format: 'pem' }))];
  return { pem: `${parts.map((part) => part.trim()).join('\n')}\n` };
}

function textOf(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}

function bitsOf(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
