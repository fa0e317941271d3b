import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { type AuditChainModel, Database, type Prisma } from '../kernel/database/index.js';
import { AuditKeys } from './audit-keys.service.js';

const day = 86_400_000;
const deleteBatch = 5000;

/**
 * Removes the beginnings of chains that are old enough and that every follower has read. A signed stub takes their place, so
 * that what is left verifies still.
 */
@Injectable()
export class AuditRetention {
  constructor(
    private readonly database: Database,
    private readonly keys: AuditKeys,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'auditKeepDays'>,
  ) {}

  /** Gives the number of rows removed. Without a signing key nothing is. */
  async run(): Promise<number> {
    if (!this.keys.canSign) return 0;
    let removed = 0;
    for (const chain of await this.database.read.auditChain.findMany()) {
      const until = new Date(this.clock.now().getTime() - (chain.keepDays ?? this.config.auditKeepDays) * day);
      const seq = await this.findLastToRemove(chain, until);
      if (seq > Number(chain.removedSeq)) await this.leaveStub(chain.id, seq);
      removed += await this.deleteRemoved(chain.id);
    }
    return removed;
  }

  private async findLastToRemove(chain: AuditChainModel, until: Date): Promise<number> {
    const [row] = await this.database.read.$queryRaw<{ last: bigint | null }[]>`
      SELECT max(seq) AS last FROM audit_events
      WHERE chain = ${chain.id}::uuid AND seq < least(
        coalesce((SELECT min(seq) FROM audit_events WHERE chain = ${chain.id}::uuid AND at >= ${until}), 9e18::bigint),
        coalesce((
          SELECT min(seq) FROM audit_events WHERE chain = ${chain.id}::uuid AND position > (
            SELECT least((SELECT min(position) FROM audit_followers), (
              SELECT min(position) FROM audit_streams
              WHERE "isEnabled" AND coalesce("tenantId", ${chain.id}::uuid) = ${chain.id}::uuid)))), 9e18::bigint))`;
    return Number(row?.last ?? 0);
  }

  private async leaveStub(chain: string, seq: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const last = await tx.auditEvent.findUniqueOrThrow({ where: { chain_seq: { chain, seq } } });
      const hash = last.hash ?? '';
      const stub = this.keys.sign({ type: 'stub', chain, seq, hash, at: this.clock.now().toISOString() });
      const data = { removedSeq: seq, removedHash: hash, stub: { ...stub } satisfies Prisma.InputJsonObject };
      await tx.auditChain.update({ where: { id: chain }, data });
    });
  }

  /** In pieces, so that no transaction is long; a crash leaves the rest to the next run. */
  private async deleteRemoved(chain: string): Promise<number> {
    let removed = 0;
    for (;;) {
      const count = await this.database.read.$executeRaw`
        DELETE FROM audit_events WHERE id IN (
          SELECT e.id FROM audit_events e JOIN audit_chains c ON c.id = e.chain
          WHERE c.id = ${chain}::uuid AND e.seq <= c."removedSeq" LIMIT ${deleteBatch})`;
      removed += count;
      if (count < deleteBatch) break;
    }
    await this.database.read.$executeRaw`
      DELETE FROM audit_checkpoints k USING audit_chains c
      WHERE c.id = k.chain AND c.id = ${chain}::uuid AND c.stub IS NOT NULL AND k.seq <= c."removedSeq"`;
    if (removed > 0)
      await this.database.read.$executeRaw`
        DELETE FROM audit_paths p WHERE p.chain = ${chain}::uuid AND NOT EXISTS (
          SELECT 1 FROM audit_events e WHERE e.resource = p.path AND e.chain = p.chain)`;
    return removed;
  }
}
