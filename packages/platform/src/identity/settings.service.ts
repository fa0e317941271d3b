import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Database } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { fail } from './identity.errors.js';
import type { SettingsAnswer, UpdateSettings } from './settings.dto.js';

const id = 1;
const defaults = { passwordMinLength: 12, tokenMaxDays: 365, mfaRoles: [], version: 1 };

/** What administrators set about passwords, tokens and second factors. */
@Injectable()
export class IdentitySettings {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  async get(): Promise<SettingsAnswer> {
    const row = await this.database.read.identitySettings.findUnique({ where: { id } });
    if (!row) return { ...defaults, updatedAt: null };
    const { passwordMinLength, tokenMaxDays, mfaRoles, version } = row;
    return { passwordMinLength, tokenMaxDays, mfaRoles, version, updatedAt: row.updatedAt.toISOString() };
  }

  /** The life of a credential in days: what is asked for, else what it was made for, else the longest. Throws 422 for too long a one. */
  async toLife(asked: number | undefined, before?: number | null): Promise<number> {
    const { tokenMaxDays } = await this.get();
    if (asked !== undefined && asked > tokenMaxDays) {
      throw fail('token-life-too-long', `The platform allows ${tokenMaxDays} days.`);
    }
    return asked ?? Math.min(before ?? tokenMaxDays, tokenMaxDays);
  }

  async update(caller: Caller, body: UpdateSettings): Promise<SettingsAnswer> {
    await this.database.transaction(async (tx) => {
      await tx.identitySettings.createMany({ data: [{ id, ...defaults }], skipDuplicates: true });
      await tx.$queryRaw`SELECT 1 FROM identity_settings WHERE id = ${id} FOR UPDATE`;
      const before = await tx.identitySettings.findUniqueOrThrow({ where: { id } });
      requireVersion(caller, before);
      const row = await tx.identitySettings.update({ where: { id }, data: { ...body, version: { increment: 1 } } });
      const change = { before, after: row };
      await this.audit.record(tx, caller, { action: 'identity.update', resource: 'identity/settings', ...change });
    });
    return this.get();
  }
}
