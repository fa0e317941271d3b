import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type ImageReportModel, type Prisma, type Transaction } from '../kernel/database/index.js';
import { fail as failKernel } from '../kernel/errors/kernel.errors.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { AttachedReports } from './attached-reports.service.js';
import type { ImageReport } from './image-policies.rules.js';
import {
  type FullReportAnswer,
  findingSchema,
  type ReportAnswer,
  type ReportQuery,
  type SubmitQuery,
  storedCounts,
} from './image-reports.dto.js';
import { type OwnImage, OwnImages } from './own-images.service.js';
import { fail } from './policies.errors.js';
import { ReportNews } from './report-news.service.js';
import {
  countBySeverity,
  isDigest,
  readReport,
  reportFormats,
  type VulnerabilityReport,
} from './vulnerability-reports.rules.js';

type Owner = { readonly id: string; readonly name: string } | null;

const mostBytes = 20_000_000;
const mostFindings = 5_000;
/** The oldest go when a tenant, or the platform, has more. */
const mostReports = 2_000;
const withTenant = { tenant: { select: { name: true } } } satisfies Prisma.ImageReportInclude;
type ReportRow = Prisma.ImageReportGetPayload<{ include: typeof withTenant }>;
const storedFindings = z.array(findingSchema);

/** What scanners found in images, by digest: a tenant's reports count in it alone, the platform's everywhere. */
@Injectable()
export class ImageReports {
  constructor(
    private readonly database: Database,
    private readonly images: OwnImages,
    private readonly attached: AttachedReports,
    private readonly news: ReportNews,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryHost'>,
  ) {}

  /** Reads the document, and keeps it in the place of the one before. */
  async submit(caller: Caller, owner: Owner, { image = '' }: SubmitQuery, body: Readable): Promise<ReportAnswer> {
    const report = readReport(await readJson(body));
    if (!report) throw fail('image-report-unreadable');
    const digest = await this.toDigest(image, report);
    if (report.isBound && report.digest !== digest) {
      throw fail('image-report-mismatch', `The statement is about ${report.digest}, and not about ${digest}.`);
    }
    return toAnswer(await this.keep(caller, owner, digest, report, image));
  }

  /** Lets in who may push images in the whole tenant, or into the project whose image it is. */
  async submitInTenant(caller: TenantCaller, query: SubmitQuery, body: Readable): Promise<ReportAnswer> {
    if (!isAllowed(caller.actor, caller.tenant, 'repositories:write'))
      await this.requireOwnProject(caller, query.image);
    return this.submit(caller, caller.tenant, query, body);
  }

  /** What is known of the image in the tenant, also what is attached to it in our registry. */
  async find(image: string, tenant: { id: string }): Promise<ImageReport[]> {
    const own = await this.images.locate(image).catch(() => undefined);
    const digest = own?.digest ?? image.split('@')[1] ?? '';
    if (!isDigest(digest)) return [];
    const stored = await this.database.read.imageReport.findMany({
      where: { digest, OR: [{ tenantId: null }, { tenantId: tenant.id }] },
    });
    if (stored.some(({ tenantId }) => tenantId !== null)) return stored.map(toReport);
    const row = own ? await this.keepAttached(own, digest, tenant.id) : undefined;
    return [...stored, ...(row ? [row] : [])].map(toReport);
  }

  /** For what stands in clusters: the newest of all tenants. */
  async listAll(): Promise<ImageReport[]> {
    const rows = await this.database.read.imageReport.findMany({ orderBy: { createdAt: 'desc' }, take: mostReports });
    return rows.map(toReport);
  }

  async list(owner: Owner, query: ReportQuery): Promise<Page<ReportAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.ImageReportWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const { digest, q } = query;
    const text = q ? { OR: [{ image: { contains: q } }, { digest: { startsWith: q } }] } : {};
    const rows = await this.database.read.imageReport.findMany({
      where: { AND: [where, whose(owner), text], digest },
      include: withTenant,
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toAnswer);
  }

  async get(owner: Owner, digest: string): Promise<FullReportAnswer> {
    const row = await this.database.read.imageReport.findFirst({
      where: { AND: [whose(owner)], digest },
      include: withTenant,
      // The tenant's own before the platform's.
      orderBy: { tenantId: { sort: 'asc', nulls: 'last' } },
    });
    if (!row) throw fail('image-report-not-found');
    return { ...toAnswer(row), findings: storedFindings.parse(row.findings) };
  }

  private async keepAttached(own: OwnImage, digest: string, tenantId: string): Promise<ImageReportModel | undefined> {
    const tenant = await this.database.read.tenant.findUnique({
      where: { id: tenantId },
      select: { id: true, name: true },
    });
    // Only who could push to the repository could attach there.
    if (!tenant || own.repository.split('/')[0] !== tenant.name) return undefined;
    const report = await this.attached.find(own);
    if (!report) return undefined;
    return this.database.transaction((tx) => this.write(tx, tenant, digest, report, own.repository, 'attached'));
  }

  private keep(
    caller: Caller,
    owner: Owner,
    digest: string,
    report: VulnerabilityReport,
    image: string,
  ): Promise<ReportRow> {
    return this.database.transaction(async (tx) => {
      const row = await this.write(tx, owner, digest, report, image, caller.actor.username);
      await this.news.tell(tx, caller, owner, digest, row.counts);
      return row;
    });
  }

  private async write(
    tx: Transaction,
    owner: Owner,
    digest: string,
    report: VulnerabilityReport,
    image: string,
    reportedBy: string,
  ): Promise<ReportRow> {
    const tenantId = owner?.id ?? null;
    // PostgreSQL takes the platform's, which have no tenant, for all different.
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext(${`slipway_image_reports ${tenantId}`}))::text`;
    await tx.imageReport.deleteMany({ where: { tenantId, digest } });
    const { format, scanner, findings } = report;
    const name = image.split('@')[0] ?? '';
    const row = await tx.imageReport.create({
      data: {
        id: newId(),
        tenantId,
        digest,
        format,
        scanner,
        image: (report.image || (isDigest(image) ? '' : name)).slice(0, 500),
        counts: { ...countBySeverity(findings) },
        findings: findings.slice(0, mostFindings).map((finding) => ({ ...finding })),
        scannedAt: report.scannedAt ?? this.clock.now(),
        reportedBy,
      },
      include: withTenant,
    });
    const old = await tx.imageReport.findMany({
      where: { tenantId },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      skip: mostReports,
      select: { id: true },
    });
    if (old.length > 0) await tx.imageReport.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } });
    return row;
  }

  private async toDigest(image: string, report: VulnerabilityReport): Promise<string> {
    const named = isDigest(image) ? image : (image.split('@')[1] ?? '');
    if (isDigest(named)) return named;
    const found = image ? (await this.images.locate(image))?.digest : report.digest;
    if (!found) throw fail('image-report-nameless');
    return found;
  }

  private async requireOwnProject({ actor, tenant }: TenantCaller, image = ''): Promise<void> {
    const [host, name, project = ''] = image.split('/');
    const projectId = tenant.projectIds.get(project);
    const isTheirs = host === this.config.registryHost && name === tenant.name;
    if (!isTheirs || !projectId || !isAllowed(actor, tenant, 'repositories:write', projectId)) {
      throw failKernel('forbidden', 'Name an image of your project in the registry of the platform.');
    }
    // A digest alone could be that of another project's image.
    const own = await this.images.locate(image);
    if (!own?.digest || !(await this.images.findManifest(own.repository, own.digest))) {
      throw fail('image-report-nameless', `There is no image ${image}.`);
    }
  }
}

const whose = (owner: Owner): Prisma.ImageReportWhereInput =>
  owner ? { OR: [{ tenantId: owner.id }, { tenantId: null }] } : { tenantId: null };

const toReport = ({ tenantId, digest, findings }: ImageReportModel): ImageReport => ({
  tenantId,
  digest,
  findings: storedFindings.parse(findings),
});

function toAnswer(row: ReportRow): ReportAnswer {
  return {
    id: row.id,
    name: row.digest,
    image: row.image,
    tenant: row.tenant?.name ?? null,
    format: reportFormats.find((format) => format === row.format) ?? 'trivy',
    scanner: row.scanner,
    counts: storedCounts.parse(row.counts),
    scannedAt: row.scannedAt.toISOString(),
    reportedBy: row.reportedBy,
    createdAt: row.createdAt.toISOString(),
  };
}

async function readJson(body: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > mostBytes) throw fail('image-report-unreadable', 'It has more than 20 MB.');
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw fail('image-report-unreadable', 'It is no JSON.');
  }
}
