import { Injectable } from '@nestjs/common';
import { type AuditEventModel, Database } from '../kernel/database/index.js';
import { AuditService } from './audit.service.js';
import { genesisHash, hashRecord, toRecord } from './chain.rules.js';
import { toBreak } from './chain-break.js';

const batch = 1000;
/** A chain that is broken is told of once in so many milliseconds. */
const quietMilliseconds = 86_400_000;

type Row = AuditEventModel & {
  readonly previous: string | null;
  /** Null where the chain's own row is gone. */
  readonly removedSeq: bigint | null;
  readonly removedHash: string | null;
};

/**
 * Reads the sealed rows round and round and compares each with its hash and with the row before it. What it finds is a row of the log
 * itself, `audit-chain.break`, for rules to be told of; it proves nothing, as whoever changes rows could stop it: exports do.
 */
@Injectable()
export class AuditChainCheck {
  private position = 0n;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /** Looks at the next rows; at the end of them it begins anew. Gives the number of those that are wrong. */
  async run(): Promise<number> {
    // The page first, and each row's predecessor by the index: as a join, all rows are read where the page is taken for a large one.
    const rows = await this.database.read.$queryRaw<Row[]>`
      WITH page AS MATERIALIZED (
        SELECT * FROM audit_events WHERE position > ${this.position} ORDER BY position LIMIT ${batch}
      )
      SELECT page.*, c."removedSeq", c."removedHash",
        (SELECT p.hash FROM audit_events p WHERE p.chain = page.chain AND p.seq = page.seq - 1) AS previous
      FROM page LEFT JOIN audit_chains c ON c.id = page.chain ORDER BY page.position`;
    const wrong = rows.filter((row) => !isWhole(row));
    const told = new Set<string>();
    for (const row of wrong) {
      if (told.has(row.chain)) continue;
      told.add(row.chain);
      await this.tell(row);
    }
    this.position = rows.length < batch ? 0n : (rows.at(-1)?.position ?? 0n);
    return wrong.length;
  }

  private async tell(row: Row): Promise<void> {
    const since = new Date(Date.now() - quietMilliseconds);
    const { caller, entry } = toBreak(row);
    const { action, resource } = entry;
    const said = await this.database.read.auditEvent.findFirst({ where: { action, resource, at: { gt: since } } });
    if (!said) await this.audit.note(caller, entry);
  }
}

function isWhole(row: Row): boolean {
  if (row.removedSeq === null) return false;
  const seq = row.seq ?? 0n;
  const isFirst = seq === row.removedSeq + 1n;
  const before = isFirst ? row.removedHash : seq === 1n ? genesisHash : row.previous;
  // What retention is about to delete stands beside rows that are gone.
  if (seq <= row.removedSeq) return true;
  return row.prevHash === before && row.hash === hashRecord(toRecord(row), Number(seq), row.prevHash ?? '');
}
