import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { type AuditChainModel, type AuditEventModel, Database, type Transaction } from '../kernel/database/index.js';
import { platformChain } from './audit.rules.js';
import { AuditService } from './audit.service.js';
import { AuditKeys } from './audit-keys.service.js';
import { genesisHash, hashRecord, toRecord } from './chain.rules.js';
import { toBreak } from './chain-break.js';

const batch = 1000;
/** The leader's advisory lock, for one transaction. */
const lockKey = 7_263_401;
const positionName = 'sealer';

/**
 * Chains the rows of the audit log, and signs where the chains stand. A row that is visible here is committed, and what is
 * sealed is never looked at again, so chains have no gaps. One process at a time does it; what dies half-way did nothing.
 */
@Injectable()
export class AuditSealer {
  constructor(
    private readonly database: Database,
    private readonly keys: AuditKeys,
    private readonly audit: AuditService,
    private readonly clock: Clock,
    @Inject(CONFIG)
    private readonly config: Pick<Configuration, 'auditCheckpointRows' | 'auditCheckpointSeconds'>,
  ) {}

  /** Seals all there is, and signs what is due. Gives the number of rows sealed; another leader makes it 0. */
  async run(): Promise<number> {
    let sealed = 0;
    for (;;) {
      const count = await this.lead((tx) => this.sealBatch(tx));
      sealed += count;
      if (count < batch) break;
    }
    if (this.keys.canSign) await this.lead((tx) => this.signDue(tx));
    return sealed;
  }

  private lead(work: (tx: Transaction) => Promise<number>): Promise<number> {
    return this.database.transaction(async (tx) => {
      const [lock] = await tx.$queryRaw<{ held: boolean }[]>`SELECT pg_try_advisory_xact_lock(${lockKey}) AS held`;
      return lock?.held ? work(tx) : 0;
    });
  }

  private async sealBatch(tx: Transaction): Promise<number> {
    const rows = await tx.auditEvent.findMany({
      where: { position: null },
      orderBy: [{ at: 'asc' }, { id: 'asc' }],
      take: batch,
    });
    if (rows.length === 0) return 0;
    const heads = await readHeads(tx, rows);
    for (const end of await findEnds(tx, rows, heads)) {
      heads.set(end.chain, { name: end.tenant ?? 'platform', seq: Number(end.seq), hash: end.hash ?? genesisHash });
      const { caller, entry } = toBreak(end);
      await this.audit.record(tx, caller, entry);
    }
    const follower = await tx.auditFollower.findUnique({ where: { name: positionName } });
    let position = Number(follower?.position ?? 0);
    const seals = rows.map((row) => {
      const head = heads.get(row.chain) ?? { name: '', seq: 0, hash: genesisHash };
      const seq = head.seq + 1;
      const hash = hashRecord(toRecord(row), seq, head.hash);
      heads.set(row.chain, { name: row.tenant ?? 'platform', seq, hash });
      position += 1;
      return { id: row.id, seq, prevHash: head.hash, hash, position };
    });
    await tx.$executeRaw`
      UPDATE audit_events AS e SET seq = s.seq, "prevHash" = s."prevHash", hash = s.hash, position = s.position
      FROM jsonb_to_recordset(${JSON.stringify(seals)}::jsonb)
        AS s(id uuid, seq bigint, "prevHash" text, hash text, position bigint)
      WHERE e.id = s.id`;
    const paths = rows.map(({ chain, resource }) => ({ chain, path: resource }));
    await tx.auditPath.createMany({ data: paths, skipDuplicates: true });
    const ends = [...heads].map(([id, head]) => ({ id, ...head }));
    await tx.$executeRaw`
      INSERT INTO audit_chains AS c (id, name, seq, hash, "removedHash", "updatedAt")
      SELECT id, name, seq, hash, ${genesisHash}, now()
      FROM jsonb_to_recordset(${JSON.stringify(ends)}::jsonb) AS s(id uuid, name text, seq bigint, hash text)
      ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, name = excluded.name, "updatedAt" = now()`;
    await tx.auditFollower.upsert({
      where: { name: positionName },
      create: { name: positionName, position },
      update: { position },
    });
    return rows.length;
  }

  /** A chain that grew is signed after enough rows, or after enough time. */
  private async signDue(tx: Transaction): Promise<number> {
    const at = this.clock.now();
    const before = new Date(at.getTime() - this.config.auditCheckpointSeconds * 1000);
    const due = await tx.$queryRaw<{ id: string; seq: bigint; hash: string }[]>`
      SELECT id, seq, hash FROM audit_chains
      WHERE seq > checkpoint AND (seq - checkpoint >= ${this.config.auditCheckpointRows}
        OR "checkpointAt" IS NULL OR "checkpointAt" <= ${before})
      LIMIT 500`;
    for (const chain of due) {
      const seq = Number(chain.seq);
      const statement = { type: 'checkpoint' as const, chain: chain.id, seq, hash: chain.hash, at: at.toISOString() };
      const { keyId, signature } = this.keys.sign(statement);
      await tx.auditCheckpoint.create({ data: { chain: chain.id, seq, hash: chain.hash, at, keyId, signature } });
      await tx.auditChain.update({ where: { id: chain.id }, data: { checkpoint: seq, checkpointAt: at } });
    }
    return due.length;
  }
}

async function readHeads(tx: Transaction, rows: readonly AuditEventModel[]) {
  const ids = [...new Set(rows.map((row) => row.chain))];
  const chains: AuditChainModel[] = await tx.auditChain.findMany({ where: { id: { in: ids } } });
  return new Map(
    chains.map(({ id, name, seq, hash }) => [
      id,
      { name: id === platformChain ? 'platform' : name, seq: Number(seq), hash },
    ]),
  );
}

/** The last sealed rows of chains whose own row was taken away: they go on from there, so that the other chains can, and it is told. */
async function findEnds(
  tx: Transaction,
  rows: readonly AuditEventModel[],
  heads: ReadonlyMap<string, unknown>,
): Promise<AuditEventModel[]> {
  const missing = [...new Set(rows.map((row) => row.chain))].filter((chain) => !heads.has(chain));
  const ends = missing.map((chain) =>
    tx.auditEvent.findFirst({ where: { chain, seq: { not: null } }, orderBy: { seq: 'desc' } }),
  );
  return (await Promise.all(ends)).filter((end) => end !== null);
}
