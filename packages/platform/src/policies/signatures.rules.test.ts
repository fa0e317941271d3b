import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isPublicKey, isSignedBy, listSignatures, signatureTag } from './signatures.rules.js';

const image = `sha256:${'b'.repeat(64)}`;
const pair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, key: { name: 'ci', publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })) } };
};
const payloadFor = (digest: string, type = 'cosign container image signature') =>
  Buffer.from(
    JSON.stringify({
      critical: { identity: { 'docker-reference': 'x' }, image: { 'docker-manifest-digest': digest }, type },
      optional: null,
    }),
  );
const { privateKey, key } = pair();
const attach = (payload: Buffer) => ({
  payloadDigest: `sha256:${createHash('sha256').update(payload).digest('hex')}`,
  signature: sign('sha256', payload, privateKey).toString('base64'),
});

describe('a signature as cosign makes it', () => {
  const payload = payloadFor(image);

  it('is good for the image and key that it was made for', () => {
    expect(isSignedBy(payload, attach(payload), image, [key])).toBe(true);
    expect(isSignedBy(payload, attach(payload), image, [pair().key, key])).toBe(true);
  });

  it('is not good for another image, key, payload or kind of statement', () => {
    const other = payloadFor(`sha256:${'c'.repeat(64)}`);
    const statement = payloadFor(image, 'something else');
    expect(isSignedBy(other, attach(other), image, [key])).toBe(false);
    expect(isSignedBy(payload, attach(payload), image, [pair().key])).toBe(false);
    expect(isSignedBy(payload, attach(payload), image, [])).toBe(false);
    expect(isSignedBy(other, attach(payload), image, [key])).toBe(false);
    expect(isSignedBy(statement, attach(statement), image, [key])).toBe(false);
    expect(isSignedBy(payload, { ...attach(payload), signature: 'AAAA' }, image, [key])).toBe(false);
    expect(isSignedBy(payload, attach(payload), image, [{ name: 'x', publicKey: 'no key' }])).toBe(false);
  });

  it('is found in the manifest of the tag that belongs to the image', () => {
    expect(signatureTag(image)).toBe(`sha256-${'b'.repeat(64)}.sig`);
    const mediaType = 'application/vnd.dev.cosign.simplesigning.v1+json';
    const annotations = { 'dev.cosignproject.cosign/signature': 'c2ln' };
    const manifest = {
      layers: [
        { mediaType, digest: 'sha256:1', annotations },
        { mediaType: 'application/json', digest: 'sha256:2', annotations },
        { mediaType, digest: 'sha256:3' },
      ],
    };
    expect(listSignatures(Buffer.from(JSON.stringify(manifest)))).toEqual([
      { payloadDigest: 'sha256:1', signature: 'c2ln' },
    ]);
    expect(listSignatures(Buffer.from('no json'))).toEqual([]);
  });
});

describe('isPublicKey', () => {
  it('takes public keys and nothing else', () => {
    expect(isPublicKey(key.publicKey)).toBe(true);
    expect(isPublicKey(String(privateKey.export({ type: 'pkcs8', format: 'pem' })))).toBe(false);
    expect(isPublicKey('x')).toBe(false);
  });
});
