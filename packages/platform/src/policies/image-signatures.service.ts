import { Injectable } from '@nestjs/common';
import { Log } from '../kernel/log/log.js';
import type { SignatureKey, SignatureState } from './image-policies.rules.js';
import { OwnImages } from './own-images.service.js';
import { isSignedBy, listSignatures, signatureTag } from './signatures.rules.js';

/** An image with more signatures than this has been signed by a machine gone wild. */
const mostSignatures = 50;

/** Looks for signatures in our own registry. */
@Injectable()
export class ImageSignatures {
  constructor(
    private readonly images: OwnImages,
    private readonly log: Log,
  ) {}

  async find(image: string, keys: readonly SignatureKey[]): Promise<SignatureState> {
    try {
      const own = await this.images.locate(image);
      if (!own) return 'unknown';
      const { repository, digest } = own;
      if (!digest) return 'unsigned';
      const artifact = await this.images.findManifest(repository, signatureTag(digest));
      for (const attached of artifact ? listSignatures(artifact.body).slice(0, mostSignatures) : []) {
        const payload = await this.images.findBlob(repository, attached.payloadDigest);
        if (payload && isSignedBy(payload, attached, digest, keys)) return 'signed';
      }
      return 'unsigned';
    } catch (error) {
      this.log.warn('The signatures of an image could not be read', { image, error });
      return 'unknown';
    }
  }
}
