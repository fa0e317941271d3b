import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { ApplicationScopes, eventIds, eventPathOf, pathOf } from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { receiveArchive } from './archive.js';
import type { UploadAnswer } from './sources.dto.js';

export const archivePath = (uploadsDir: string, upload: string): string =>
  join(uploadsDir, 'archives', `${upload}.tar.gz`);

/** So many uploads of an application stay; builds read them once. */
const keptUploads = 10;

@Injectable()
export class UploadsService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    @Inject(CONFIG) private readonly config: Configuration,
    private readonly quotas: QuotasService,
  ) {}

  async receive(caller: TenantCaller, project: string, application: string, body: Readable): Promise<UploadAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const id = newId();
    const path = archivePath(this.config.uploadsDir, id);
    const { digest, sizeBytes } = await receiveArchive(body, path);
    try {
      const row = await this.database.transaction(async (tx) => {
        const data = {
          id,
          tenantId: scope.tenant.id,
          applicationId: scope.application.id,
          digest,
          sizeBytes,
          createdBy: caller.actor.username,
        };
        const created = await tx.upload.create({ data });
        const { tenantId, projectId } = eventIds(scope);
        const claim = { subject: `uploads/${id}`, amounts: { 'upload-bytes': sizeBytes } };
        await this.quotas.charge(tx, { tenantId, projectId }, claim);
        await this.audit.record(tx, caller, {
          action: 'upload.create',
          resource: `${pathOf(scope)}/uploads/${id}`,
          tenant: scope.tenant,
          after: { digest, sizeBytes },
        });
        await this.events.record(tx, {
          ...eventIds(scope),
          type: 'upload.created',
          resource: `${eventPathOf(scope)}/uploads/${id}`,
        });
        return created;
      });
      await this.sweep(scope.tenant.id, scope.application.id);
      const at = row.createdAt.toISOString();
      return { id, name: id, createdAt: at, updatedAt: at, version: 1, digest, sizeBytes };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  private async sweep(tenantId: string, applicationId: string): Promise<void> {
    const old = await this.database.read.upload.findMany({
      where: { applicationId },
      orderBy: { createdAt: 'desc' },
      skip: keptUploads,
      take: 100,
    });
    const open = await this.database.read.build.findMany({
      where: { applicationId, state: { in: ['queued', 'running'] } },
      select: { source: true },
    });
    const inUse = JSON.stringify(open);
    for (const { id } of old.filter((upload) => !inUse.includes(upload.id))) {
      await this.database.transaction(async (tx) => {
        await tx.upload.deleteMany({ where: { id } });
        await this.quotas.discharge(tx, tenantId, `uploads/${id}`);
      });
      await rm(archivePath(this.config.uploadsDir, id), { force: true });
    }
  }
}
