import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Log } from '../kernel/log/log.js';
import { RegistryReader } from '../repositories/registry-reader.service.js';
import { hasDigest, type SignatureKey, type SignatureState } from './image-policies.rules.js';
import { isSignedBy, listSignatures, signatureTag } from './signatures.rules.js';

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
/** An image with more signatures than this has been signed by a machine gone wild. */
const mostSignatures = 50;

/** Looks for signatures in our own registry; of others nothing is known, and nothing fetched. */
@Injectable()
export class ImageSignatures {
  constructor(
    private readonly registry: RegistryReader,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryHost'>,
  ) {}

  async find(image: string, keys: readonly SignatureKey[]): Promise<SignatureState> {
    const prefix = `${this.config.registryHost}/`;
    if (!image.startsWith(prefix)) return 'unknown';
    const [, repository, tag = 'latest', digest] =
      /^([a-z0-9._/-]+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image.slice(prefix.length)) ?? [];
    if (!repository || repository.split('/').includes('..')) return 'unknown';
    try {
      const signed = hasDigest(image)
        ? digest
        : (await this.registry.find(repository, `manifests/${tag}`, manifestTypes))?.digest;
      if (!signed) return 'unsigned';
      const artifact = await this.registry.find(repository, `manifests/${signatureTag(signed)}`, manifestTypes);
      for (const attached of artifact ? listSignatures(artifact.body).slice(0, mostSignatures) : []) {
        if (!/^sha256:[0-9a-f]{64}$/.test(attached.payloadDigest)) continue;
        const payload = await this.registry.find(repository, `blobs/${attached.payloadDigest}`);
        if (payload && isSignedBy(payload.body, attached, signed, keys)) return 'signed';
      }
      return 'unsigned';
    } catch (error) {
      this.log.warn('The signatures of an image could not be read', { image, error });
      return 'unknown';
    }
  }
}
