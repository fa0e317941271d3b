import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';

/** What applications have on disk: git repositories, uploaded archives and build logs. */
@Injectable()
export class ApplicationFiles {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'gitDir' | 'uploadsDir'>,
  ) {}

  /** Removes them, of one application, a project or a tenant, while their rows still name them. Harmless to repeat. */
  async remove(owner: { tenantId: string } | { projectId: string } | { applicationId: string }): Promise<void> {
    const { gitDir, uploadsDir } = this.config;
    const where = 'applicationId' in owner ? { id: owner.applicationId } : owner;
    const select = { id: true, uploads: { select: { id: true } }, builds: { select: { id: true } } };
    for (const { id, uploads, builds } of await this.database.read.application.findMany({ where, select })) {
      const paths = [
        join(gitDir, `${id}.git`),
        ...uploads.map((upload) => join(uploadsDir, 'archives', `${upload.id}.tar.gz`)),
        ...builds.map((build) => join(uploadsDir, 'builds', `${build.id}.log`)),
      ];
      for (const path of paths) await rm(path, { recursive: true, force: true });
    }
  }
}
