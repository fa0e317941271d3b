import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { type AuditExportModel, Database, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller, TenantScope } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import type { AuditExportAnswer, CreateAuditExport } from './audit.dto.js';
import { auditExportAnswer } from './audit.dto.js';
import { fail } from './audit.errors.js';
import { AuditService } from './audit.service.js';
import { exportAudit } from './audit-exports.job-definitions.js';

const keepMilliseconds = 7 * 86_400_000;

export const exportPath = (uploadsDir: string, id: string): string => join(uploadsDir, 'audit-exports', `${id}.ndjson`);

/** Exports of a chain, or of all: a file that can be verified without the platform. */
@Injectable()
export class AuditExports {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'uploadsDir'>,
  ) {}

  create(caller: Caller, body: CreateAuditExport, tenant?: TenantScope): Promise<AuditExportAnswer> {
    return this.database.transaction(async (tx) => {
      const id = newId();
      const resource = tenant ? `tenants/${tenant.name}/audit-exports/${id}` : `audit-exports/${id}`;
      const operation = await this.operations.start(tx, caller, {
        kind: exportAudit.name,
        subject: resource,
        tenantId: tenant?.id,
        steps: ['write'],
      });
      const row = await tx.auditExport.create({
        data: {
          id,
          tenantId: tenant?.id,
          tenant: tenant?.name,
          fromAt: body.from ? new Date(body.from) : undefined,
          toAt: body.to ? new Date(body.to) : undefined,
          operation,
          createdBy: caller.actor.username,
        },
      });
      await this.audit.record(tx, caller, { action: 'audit-export.create', resource, tenant, after: body });
      await this.outbox.enqueue(tx, exportAudit, { id });
      return toAnswer(row);
    });
  }

  async list(query: PageQuery, tenantId?: string): Promise<Page<AuditExportAnswer>> {
    const page = keyset<Prisma.AuditExportWhereInput>(query, 'createdAt', { direction: 'desc', type: 'date' });
    const createdBy = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.auditExport.findMany({
      ...page,
      where: { AND: [page.where], tenantId, createdBy },
    });
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toAnswer);
  }

  async get(id: string, tenantId?: string): Promise<AuditExportAnswer> {
    return toAnswer(await this.load(id, tenantId));
  }

  /** The file, and who took it is noted. */
  async open(caller: Caller, id: string, tenant?: TenantScope): Promise<{ sizeBytes: number; content: Readable }> {
    const row = await this.load(id, tenant?.id);
    if (row.state !== 'ready') throw fail('audit-export-not-ready');
    const resource = `${tenant ? `tenants/${tenant.name}/` : ''}audit-exports/${id}`;
    await this.audit.note(caller, { action: 'audit-export.download', resource, tenant });
    return { sizeBytes: Number(row.sizeBytes), content: createReadStream(exportPath(this.config.uploadsDir, id)) };
  }

  /** Deletes what is older than 7 days, with its file. */
  async sweep(): Promise<void> {
    const createdAt = { lt: new Date(this.clock.now().getTime() - keepMilliseconds) };
    for (const { id } of await this.database.read.auditExport.findMany({ where: { createdAt }, take: 100 })) {
      await rm(exportPath(this.config.uploadsDir, id), { force: true });
      await this.database.read.auditExport.deleteMany({ where: { id } });
    }
  }

  private async load(id: string, tenantId?: string): Promise<AuditExportModel> {
    const row = isId(id) ? await this.database.read.auditExport.findUnique({ where: { id } }) : null;
    if (!row || (tenantId !== undefined && row.tenantId !== tenantId)) throw fail('audit-export-not-found');
    return row;
  }
}

function toAnswer(row: AuditExportModel): AuditExportAnswer {
  return auditExportAnswer.parse({
    ...row,
    name: row.id,
    from: row.fromAt?.toISOString() ?? null,
    to: row.toAt?.toISOString() ?? null,
    sizeBytes: Number(row.sizeBytes),
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });
}
