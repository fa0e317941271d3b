import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { SignatureKey } from './image-policies.rules.js';

/** The media type of the layers that `cosign sign` attaches to an image. */
const simpleSigning = 'application/vnd.dev.cosign.simplesigning.v1+json';
const signatureAnnotation = 'dev.cosignproject.cosign/signature';

const manifestSchema = z.object({
  layers: z.array(
    z.object({ mediaType: z.string(), digest: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
  ),
});
const payloadSchema = z.object({
  critical: z.object({
    image: z.object({ 'docker-manifest-digest': z.string() }),
    type: z.literal('cosign container image signature'),
  }),
});

/** A signed statement: the blob's digest and the signature over its bytes. */
export interface AttachedSignature {
  readonly payloadDigest: string;
  readonly signature: string;
}

/** Where cosign keeps the signatures of a manifest: `sha256:ab…` → `sha256-ab….sig`. */
export const signatureTag = (digest: string): string => `${digest.replace(':', '-')}.sig`;

/** The signatures in the manifest of a signature artifact; none where it is something else. */
export function listSignatures(manifest: Buffer): AttachedSignature[] {
  const parsed = manifestSchema.safeParse(parse(manifest));
  if (!parsed.success) return [];
  return parsed.data.layers.flatMap(({ mediaType, digest, annotations }) => {
    const signature = annotations?.[signatureAnnotation];
    return mediaType === simpleSigning && signature ? [{ payloadDigest: digest, signature }] : [];
  });
}

/**
 * Whether the payload says that this very manifest is signed, and one of the keys has signed it. ECDSA, RSA and Ed25519, as
 * `cosign generate-key-pair` and openssl make them.
 */
export function isSignedBy(
  payload: Buffer,
  attached: AttachedSignature,
  imageDigest: string,
  keys: readonly SignatureKey[],
): boolean {
  if (`sha256:${createHash('sha256').update(payload).digest('hex')}` !== attached.payloadDigest) return false;
  const claim = payloadSchema.safeParse(parse(payload));
  if (!claim.success || claim.data.critical.image['docker-manifest-digest'] !== imageDigest) return false;
  const signature = Buffer.from(attached.signature, 'base64');
  return keys.some(({ publicKey }) => isValid(publicKey, payload, signature));
}

function isValid(publicKey: string, payload: Buffer, signature: Buffer): boolean {
  try {
    const key = createPublicKey(publicKey);
    return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', payload, key, signature);
  } catch {
    return false;
  }
}

/** Whether the text is a public key that signatures can be verified with. */
export function isPublicKey(text: string): boolean {
  try {
    const { type, asymmetricKeyType } = createPublicKey(text);
    // A private key would be read as the public one that it contains.
    return type === 'public' && !text.includes('PRIVATE') && ['ec', 'rsa', 'ed25519'].includes(asymmetricKeyType ?? '');
  } catch {
    return false;
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
