import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import type { AuditStateAnswer, ChangeAuditRetention } from './audit.dto.js';
import { fail } from './audit.errors.js';
import { platformChain } from './audit.rules.js';
import { AuditService } from './audit.service.js';
import { AuditKeys } from './audit-keys.service.js';
import { genesisHash } from './chain.rules.js';

const countAtMost = 1000;

/** Where a chain stands, and how long it is kept. */
@Injectable()
export class AuditChains {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly keys: AuditKeys,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'auditKeepDays' | 'auditMinimumDays'>,
  ) {}

  async getState(id: string = platformChain): Promise<AuditStateAnswer> {
    const chain = await this.database.read.auditChain.findUnique({ where: { id } });
    const checkpoint = await this.database.read.auditCheckpoint.findFirst({
      where: { chain: id },
      orderBy: { seq: 'desc' },
    });
    const where = { chain: id, position: null };
    const waiting = await this.database.read.auditEvent.findMany({ where, take: countAtMost, select: { id: true } });
    return {
      chain: id,
      sealed: Number(chain?.seq ?? 0),
      hash: chain?.hash ?? genesisHash,
      waiting: waiting.length,
      removed: Number(chain?.removedSeq ?? 0),
      keepDays: chain?.keepDays ?? this.config.auditKeepDays,
      checkpoint: checkpoint && {
        seq: Number(checkpoint.seq),
        hash: checkpoint.hash,
        at: checkpoint.at.toISOString(),
        keyId: checkpoint.keyId,
        signature: checkpoint.signature,
      },
    };
  }

  /** Writes the file first: a row that says so without a key would be worse than a key without a row. */
  async rotateKeys(caller: Caller) {
    const before = this.keys.list()[0]?.kid ?? null;
    const kid = this.keys.rotate();
    const change = { before: { signing: before }, after: { signing: kid } };
    await this.audit.note(caller, { action: 'audit-key.rotate', resource: 'audit/keys', ...change });
    return { keys: this.keys.list() };
  }

  async changeRetention(caller: TenantCaller, { keepDays }: ChangeAuditRetention): Promise<AuditStateAnswer> {
    const least = this.config.auditMinimumDays;
    if (keepDays !== null && keepDays < least) throw fail('audit-retention-too-short', `At least ${least} days.`);
    const { tenant } = caller;
    await this.database.transaction(async (tx) => {
      const before = await tx.auditChain.findUnique({ where: { id: tenant.id } });
      const create = { id: tenant.id, name: tenant.name, hash: genesisHash, removedHash: genesisHash, keepDays };
      await tx.auditChain.upsert({ where: { id: tenant.id }, create, update: { keepDays } });
      await this.audit.record(tx, caller, {
        action: 'audit-retention.update',
        resource: `tenants/${tenant.name}/audit-state`,
        tenant,
        before: { keepDays: before?.keepDays ?? null },
        after: { keepDays },
      });
    });
    return this.getState(tenant.id);
  }
}
