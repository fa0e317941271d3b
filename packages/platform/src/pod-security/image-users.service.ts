import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Log } from '../kernel/log/log.js';
import { OwnImages } from '../policies/own-images.service.js';
import { type ImageUser, toImageUser } from './pod-security.rules.js';

const unknown: ImageUser = { kind: 'unknown', name: null };
const manifest = z.object({
  config: z.object({ digest: z.string() }).optional(),
  /** Of an index; what is attested about images stands in it, too, for the platform `unknown`. */
  manifests: z.array(z.object({ digest: z.string(), platform: z.object({ os: z.string() }).optional() })).optional(),
});
const configuration = z.object({ config: z.object({ User: z.string().optional() }).nullish() });

/** Reads from the configuration of images in our own registry whom they run as. */
@Injectable()
export class ImageUsers {
  constructor(
    private readonly images: OwnImages,
    private readonly log: Log,
  ) {}

  async find(image: string): Promise<ImageUser> {
    try {
      const own = await this.images.locate(image);
      if (!own?.digest) return unknown;
      const digest = await this.findConfiguration(own.repository, own.digest);
      const blob = digest && (await this.images.findBlob(own.repository, digest));
      return blob ? toImageUser(configuration.parse(JSON.parse(blob.toString())).config?.User) : unknown;
    } catch (error) {
      this.log.warn('The user of an image could not be read', { image, error });
      return unknown;
    }
  }

  private async findConfiguration(repository: string, digest: string): Promise<string | undefined> {
    const whole = await this.read(repository, digest);
    const first = whole?.manifests?.find(({ platform }) => platform?.os !== 'unknown');
    return (first ? await this.read(repository, first.digest) : whole)?.config?.digest;
  }

  private async read(repository: string, digest: string) {
    const found = await this.images.findManifest(repository, digest);
    return found && manifest.parse(JSON.parse(found.body.toString()));
  }
}
