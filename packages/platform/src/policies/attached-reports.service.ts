import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Log } from '../kernel/log/log.js';
import { type OwnImage, OwnImages } from './own-images.service.js';
import { readReport, type VulnerabilityReport } from './vulnerability-reports.rules.js';

const manifestSchema = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string() })).catch([]),
});
const indexSchema = z.object({ manifests: z.array(z.object({ digest: z.string() })) });
const mostAttached = 20;
const reportTypes = /^application\/(vnd\.dsse\.envelope|vnd\.in-toto|vnd\.cyclonedx|sarif|json)/;

/** Reports that a CI attached to an image in our registry: `cosign attest --type vuln`, or an OCI referrer by the tag schema. */
@Injectable()
export class AttachedReports {
  constructor(
    private readonly images: OwnImages,
    private readonly log: Log,
  ) {}

  /** The newest that is about this very image; undefined where there is none, or the registry is away. */
  async find({ repository, digest }: OwnImage): Promise<VulnerabilityReport | undefined> {
    if (!digest) return undefined;
    try {
      const found: VulnerabilityReport[] = [];
      for (const blob of await this.listBlobs(repository, digest)) {
        const report = readReport(parse(await this.images.findBlob(repository, blob)));
        // What lies beside an image without naming it could have been moved there.
        if (report?.digest === digest) found.push(report);
      }
      const timeOf = (report: VulnerabilityReport) => report.scannedAt?.getTime() ?? 0;
      return found.sort((a, b) => timeOf(b) - timeOf(a))[0];
    } catch (error) {
      this.log.warn('The reports attached to an image could not be read', { repository, digest, error });
      return undefined;
    }
  }

  private async listBlobs(repository: string, digest: string): Promise<string[]> {
    const tag = digest.replace(':', '-');
    const attestations = await this.images.findManifest(repository, `${tag}.att`);
    const referrers = indexSchema.safeParse(parse((await this.images.findManifest(repository, tag))?.body));
    const blobs = layersOf(attestations?.body);
    for (const referrer of (referrers.data?.manifests ?? []).slice(0, mostAttached)) {
      if (!/^sha256:[0-9a-f]{64}$/.test(referrer.digest)) continue;
      blobs.push(...layersOf((await this.images.findManifest(repository, referrer.digest))?.body));
    }
    return blobs.slice(0, mostAttached);
  }
}

function layersOf(manifest: Buffer | undefined): string[] {
  const parsed = manifestSchema.safeParse(parse(manifest));
  return (parsed.data?.layers ?? []).filter(({ mediaType }) => reportTypes.test(mediaType)).map(({ digest }) => digest);
}

function parse(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}
