import { Injectable } from '@nestjs/common';
import { Database } from '../kernel/database/index.js';
import { createToken, hashToken, isWellFormedToken } from '../kernel/ids/ids.js';

const prefix = 'slp_build_';

export interface BuildGrant {
  readonly buildId: string;
  readonly applicationId: string;
  readonly tenantId: string;
  readonly source: unknown;
}

/** The tokens of running builds: each opens its own source and its own application's repository, and ends with the build. */
@Injectable()
export class BuildTokens {
  constructor(private readonly database: Database) {}

  create(): { token: string; hash: string } {
    const token = createToken(prefix);
    return { token, hash: hashToken(token) };
  }

  async find(token: string): Promise<BuildGrant | undefined> {
    if (!isWellFormedToken(token, prefix)) return undefined;
    const row = await this.database.read.build.findUnique({ where: { tokenHash: hashToken(token) } });
    if (!row || (row.state !== 'queued' && row.state !== 'running')) return undefined;
    return { buildId: row.id, applicationId: row.applicationId, tenantId: row.tenantId, source: row.source };
  }
}
