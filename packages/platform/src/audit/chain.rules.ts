import { createHash } from 'node:crypto';
import type { AuditEventModel } from '../kernel/database/index.js';
import { toCanonicalJson } from './canonical-json.rules.js';

/** What stands before the first row of a chain. */
export const genesisHash = '0'.repeat(64);

/** All that a row's hash covers, in the names that an export has. */
export function toRecord(row: Omit<AuditEventModel, 'seq' | 'prevHash' | 'hash' | 'position'>) {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actorId: row.actorId,
    actor: row.actor,
    impersonator: row.impersonator,
    action: row.action,
    resource: row.resource,
    outcome: row.outcome,
    tenantId: row.tenantId,
    tenant: row.tenant,
    projectId: row.projectId,
    cluster: row.cluster,
    namespace: row.namespace,
    before: row.before,
    after: row.after,
    requestId: row.requestId,
    source: row.source,
    userAgent: row.userAgent,
    sessionId: row.sessionId,
    chain: row.chain,
  };
}
export type AuditRecord = ReturnType<typeof toRecord>;

/** SHA-256 over the canonical JSON of the record with its place in the chain. */
export function hashRecord(record: AuditRecord, seq: number, prevHash: string): string {
  return createHash('sha256')
    .update(toCanonicalJson({ ...record, seq, prevHash }))
    .digest('hex');
}

/** What a signature of ours is over: `checkpoint` says that the chain stood so, `stub` that all up to there was removed. */
export interface Statement {
  readonly type: 'checkpoint' | 'stub';
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
  readonly keyId: string;
}

export const statementText = (statement: Statement): Buffer =>
  Buffer.from(`slipway-audit ${toCanonicalJson(statement)}`);
