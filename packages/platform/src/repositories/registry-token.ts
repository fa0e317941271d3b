import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { RegistryAccess } from './scopes.rules.js';

/** Fixed in the registry's own configuration: `auth.token.issuer` and `auth.token.service`. */
export const registryIssuer = 'slipway';
export const registryService = 'slipway-registry';

/** Signs the tokens that CNCF Distribution accepts when the key's certificate is in its `rootcertbundle`. */
export interface RegistryTokenSigner {
  sign(token: {
    subject: string;
    /** Of a user or robot: its id, and the token or session by which it came. For our own records; the registry reads past it. */
    actorId?: string;
    sessionId?: string;
    audience: string;
    access: readonly RegistryAccess[];
    id: string;
    now: Date;
    lifetimeSeconds: number;
  }): Promise<string>;
}

/** `pem` is a private RSA key, PKCS#1 or PKCS#8. Throws where it is none. */
export function createRegistryTokenSigner(pem: string): RegistryTokenSigner {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'rsa') throw new Error('The key that signs registry tokens must be an RSA key.');
  const kid = libtrustKeyId(createPublicKey(key));
  return {
    sign: ({ subject, actorId, sessionId, audience, access, id, now, lifetimeSeconds }) => {
      const seconds = Math.floor(now.getTime() / 1000);
      // A clock that runs behind ours must not refuse a fresh token.
      return new SignJWT({
        access: access.map((entry) => ({ ...entry, actions: [...entry.actions] })),
        ...(actorId !== undefined && { slipway_actor: actorId }),
        ...(sessionId !== undefined && { slipway_session: sessionId }),
      })
        .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
        .setIssuer(registryIssuer)
        .setSubject(subject)
        .setAudience(audience)
        .setJti(id)
        .setIssuedAt(seconds)
        .setNotBefore(seconds - 30)
        .setExpirationTime(seconds + lifetimeSeconds)
        .sign(key);
    },
  };
}

/** Distribution 2.x finds its key by libtrust's name for it: SHA-256 of the public key's DER, 240 bits, base32 in groups of four. */
export function libtrustKeyId(publicKey: KeyObject): string {
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 30);
  return base32(digest).replace(/.{4}(?=.)/g, '$&:');
}

function base32(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}
