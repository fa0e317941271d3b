import { readFile } from 'node:fs/promises';
import type { Schemas } from '@slipway/sdk';
import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { usageError } from '../errors.js';
import { formatAge, shortHash } from '../format.js';
import { withExamples } from '../help.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface ReportOptions extends CommonOptions {
  readonly file: string;
  readonly platform?: boolean;
}

const REPORTS = `${TENANT}/image-reports` as const;
type Counts = Schemas['ImageReport']['counts'];

export function registerImages(program: Command, cli: Cli): void {
  const images = program.command('images').alias('image').description('What scanners found in images.');

  const report = images
    .command('report')
    .description('Hand in what a scanner found in an image; it takes the place of the report before.')
    .argument(
      '[image]',
      'sha256:…, name@sha256:…, or a tag in the registry of the platform; else what the report names',
    )
    .requiredOption('-f, --file <file>', 'JSON of Trivy or Grype, SARIF, CycloneDX, or a cosign attestation');
  scoped(report).action(async (image: string | undefined, options: ReportOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const content = await readFile(options.file).catch(() => {
      throw usageError(`${options.file} cannot be read.`, 'Name the file that the scanner wrote.');
    });
    const query = { image };
    const request = {
      headers: { 'content-type': 'application/octet-stream' },
      // The document says `binary`, which its types can only call a string.
      body: '',
      bodySerializer: () => content,
    } as const;
    const answer = options.platform
      ? await read(api.POST('/api/v1/image-reports', { params: { query }, ...request }))
      : await read(api.POST(REPORTS, { params: { path: await tenant(), query }, ...request }));
    out.text(answer, ({ name, counts, format }) => `${name} (${format}): ${toSentence(counts)}.`);
  });
  withExamples(
    report,
    'trivy image --format json -o report.json ghcr.io/acme/web@sha256:…',
    'slipway images report ghcr.io/acme/web@sha256:… --file report.json',
  );

  scoped(images.command('reports').alias('list').description('List the reports, newest first.')).action(
    async (options: CommonOptions & { platform?: boolean }) => {
      const { api, out, tenant } = await cli.open(options);
      const path = options.platform ? undefined : await tenant();
      const items = await readAll(
        (query) =>
          path
            ? api.GET(REPORTS, { params: { path, query } })
            : api.GET('/api/v1/image-reports', { params: { query } }),
        200,
      );
      const now = cli.io.now();
      out.list(items, [
        { header: 'DIGEST', value: (one) => shortHash(one.name) },
        { header: 'IMAGE', value: (one) => one.image },
        { header: 'CRITICAL', value: (one) => one.counts.critical },
        { header: 'HIGH', value: (one) => one.counts.high },
        { header: 'MEDIUM', value: (one) => one.counts.medium },
        { header: 'LOW', value: (one) => one.counts.low },
        { header: 'SCANNED', value: (one) => formatAge(one.scannedAt, now) },
        { header: 'BY', value: (one) => one.reportedBy },
        { header: 'OF', value: (one) => one.tenant ?? 'platform' },
      ]);
    },
  );

  scoped(
    images.command('weaknesses').description('List what was found in an image, the worst first.').argument('<digest>'),
  ).action(async (digest: string, options: CommonOptions & { platform?: boolean }) => {
    const { api, out, tenant } = await cli.open(options);
    const found = options.platform
      ? await read(api.GET('/api/v1/image-reports/{digest}', { params: { path: { digest } } }))
      : await read(api.GET(`${REPORTS}/{digest}`, { params: { path: { ...(await tenant()), digest } } }));
    out.list(found.findings, [
      { header: 'WEAKNESS', value: (one) => one.id },
      { header: 'SEVERITY', value: (one) => one.severity },
      { header: 'PACKAGE', value: (one) => one.package },
      { header: 'VERSION', value: (one) => one.version },
      { header: 'MENDED IN', value: (one) => one.fixedIn },
    ]);
  });
}

const scoped = (command: Command): Command =>
  withScope(command.option('--platform', 'of the platform, for every tenant'), 'tenant');

function toSentence(counts: Counts): string {
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  return found.length === 0 ? 'no weaknesses' : found.map(([severity, count]) => `${count} ${severity}`).join(', ');
}
