import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { type RegistryAnswer, RegistryReader } from '../repositories/registry-reader.service.js';
import { hasDigest } from './image-policies.rules.js';

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

export interface OwnImage {
  /** Without the registry's host: `acme/shop/web`. */
  readonly repository: string;
  /** Undefined for a tag that is not there. */
  readonly digest: string | undefined;
}

/** Images of our own registry; of others nothing is known, and nothing fetched. */
@Injectable()
export class OwnImages {
  constructor(
    private readonly registry: RegistryReader,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryHost'>,
  ) {}

  /** Undefined for an image of another registry. Throws when the registry is away. */
  async locate(image: string): Promise<OwnImage | undefined> {
    const prefix = `${this.config.registryHost}/`;
    if (!image.startsWith(prefix)) return undefined;
    const [, repository, tag = 'latest', digest] =
      /^([a-z0-9._/-]+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image.slice(prefix.length)) ?? [];
    if (!repository || repository.split('/').includes('..')) return undefined;
    if (hasDigest(image)) return { repository, digest };
    return { repository, digest: (await this.findManifest(repository, tag))?.digest };
  }

  /** By a tag or a digest. */
  findManifest(repository: string, reference: string): Promise<RegistryAnswer | undefined> {
    return this.registry.find(repository, `manifests/${reference}`, manifestTypes);
  }

  /** Undefined for what is no digest. */
  async findBlob(repository: string, digest: string): Promise<Buffer | undefined> {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
    return (await this.registry.find(repository, `blobs/${digest}`))?.body;
  }
}
