import { Injectable } from '@nestjs/common';
import { type AuditEventModel, Database } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId } from '../kernel/ids/ids.js';
import { type AuditAnswer, type AuditQuery, toAuditAnswer } from './audit.dto.js';
import { type Condition, toConditions, toWhere } from './audit-search.rules.js';

/** A text that is frequent is found among so many of the newest rows. */
const newestRows = 10_000;
/** A text that is rare stands in so many paths at most. */
const mostPaths = 2_000;
/** What the index of paths has in the place of signs, so that its trigrams go across them. */
const letters: Readonly<Record<string, string>> = { '/': 'z', '-': 'q', '.': 'x', ':': 'y', _: 'w' };
const letteredPath = `translate(path, '${Object.keys(letters).join('')}', '${Object.values(letters).join('')}')`;

/**
 * Finds events. Only comparisons that are leakproof use an index behind row-level security, so prefixes are ranges, and a text within
 * a path is looked for in the table of paths.
 */
@Injectable()
export class AuditSearch {
  constructor(private readonly database: Database) {}

  /** Newest first; of one tenant, or of all. */
  async list(query: AuditQuery, tenantId?: string): Promise<Page<AuditAnswer>> {
    const { limit, q } = query;
    const conditions: Condition[] = [...toConditions(query), ...toCursor(query)];
    const chains = tenantId ? [tenantId] : query.tenant ? await this.findTenants(query.tenant) : undefined;
    if (chains) conditions.push(chains[0] === null ? { sql: '"tenantId" IS NULL' } : ofTenants(chains));
    const rows = q ? await this.findText(conditions, q, chains, limit + 1) : await this.find(conditions, limit + 1);
    return toPage(rows, limit, (row) => [row.at, row.id], toAuditAnswer);
  }

  /** The page's ids first, which an index may have without a look at the rows that are not on it. */
  private find(conditions: readonly Condition[], take: number): Promise<AuditEventModel[]> {
    const { text, values } = toWhere(conditions);
    return this.database.read.$queryRawUnsafe<AuditEventModel[]>(
      `SELECT e.* FROM (SELECT id FROM audit_events WHERE ${text} ORDER BY at DESC, id DESC LIMIT ${take}) AS page
       JOIN audit_events e ON e.id = page.id ORDER BY e.at DESC, e.id DESC`,
      ...values,
    );
  }

  private async findText(
    conditions: readonly Condition[],
    q: string,
    chains: readonly (string | null)[] | undefined,
    take: number,
  ): Promise<AuditEventModel[]> {
    const like: Condition = { sql: 'resource ILIKE ?', values: [toPattern(q)] };
    const { text, values } = toWhere(conditions);
    const found = toWhere([like], values.length);
    const newest = await this.database.transaction(async (tx) => {
      // The planner takes the policy's condition for one that leaves few rows, and would rather sort the whole table than walk its index.
      await tx.$executeRaw`SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`;
      return tx.$queryRawUnsafe<(AuditEventModel & { scanned: bigint })[]>(
        `WITH newest AS MATERIALIZED (SELECT * FROM audit_events WHERE ${text} ORDER BY at DESC, id DESC LIMIT ${newestRows}),
        size AS (SELECT count(*) AS scanned FROM newest)
       SELECT newest.*, size.scanned FROM size LEFT JOIN newest ON ${found.text}
       ORDER BY at DESC, id DESC LIMIT ${take}`,
        ...values,
        ...found.values,
      );
    });
    const rows = newest.filter((row) => row.id !== null);
    if (rows.length === take || Number(newest[0]?.scanned ?? 0) < newestRows) return rows;
    const ofChain: Condition[] = chains ? [{ sql: 'chain = ANY(?::uuid[])', values: [chains.map(toChain)] }] : [];
    const lettered = [...q].map((sign) => letters[sign] ?? sign).join('');
    const indexed: Condition = { sql: `${letteredPath} ILIKE ?`, values: [toPattern(lettered)] };
    const inPaths = toWhere([indexed, { sql: 'path ILIKE ?', values: like.values }, ...ofChain]);
    const paths = await this.database.read.$queryRawUnsafe<{ path: string }[]>(
      `SELECT path FROM audit_paths WHERE ${inPaths.text} LIMIT ${mostPaths + 1}`,
      ...inPaths.values,
    );
    if (paths.length > mostPaths) return this.find([...conditions, like], take);
    return this.find([...conditions, { sql: 'resource = ANY(?)', values: [paths.map(({ path }) => path)] }], take);
  }

  /** The ids that a name has had, or has; null for the platform's own. */
  private async findTenants(tenant: string): Promise<(string | null)[]> {
    if (tenant === '-') return [null];
    if (isId(tenant)) return [tenant];
    const rows = await this.database.read.$queryRaw<{ id: string }[]>`
      SELECT id FROM audit_chains WHERE name = ${tenant} UNION SELECT id FROM tenants WHERE name = ${tenant}`;
    return rows.map(({ id }) => id);
  }
}

const toPattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
const toChain = (tenantId: string | null): string => tenantId ?? '00000000-0000-0000-0000-000000000000';

function ofTenants(ids: readonly (string | null)[]): Condition {
  // One id keeps the order of the index.
  if (ids.length === 1) return { sql: '"tenantId" = ?::uuid', values: [ids[0] ?? ''] };
  return { sql: '"tenantId" = ANY(?::uuid[])', values: [ids.filter((id) => id !== null)] };
}

/** What stands after the row that the cursor names. */
function toCursor(query: AuditQuery): Condition[] {
  if (!query.cursor) return [];
  const { where } = keyset<{ OR?: [unknown, { at: Date; id: { lt: string } }] }>(query, 'at', {
    direction: 'desc',
    type: 'date',
  });
  const last = where.OR?.[1];
  return last ? [{ sql: '(at, id) < (?::timestamptz, ?::uuid)', values: [last.at, last.id.lt] }] : [];
}
