import { Injectable } from '@nestjs/common';
import { Database, type Prisma, type Transaction } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type AuditAnswer, type AuditQuery, toAuditAnswer } from './audit.dto.js';
import { redactSecrets } from './audit.rules.js';

export interface AuditEntry {
  /** `noun.verb`, e.g. `project.create`. */
  readonly action: string;
  /** The path under /api/v1, e.g. `tenants/acme/projects/shop`. */
  readonly resource: string;
  /** Default: none, a change of the platform's. */
  readonly tenant?: { readonly id: string; readonly name: string };
  readonly before?: object;
  readonly after?: object;
}

/** The record of every change, written in the transaction of the change. */
@Injectable()
export class AuditService {
  constructor(private readonly database: Database) {}

  async record(tx: Transaction, caller: Caller, entry: AuditEntry): Promise<void> {
    await tx.auditEvent.create({
      data: {
        id: newId(),
        actorId: caller.actor.id,
        actor: caller.actor.username,
        action: entry.action,
        resource: entry.resource,
        tenantId: entry.tenant?.id,
        tenant: entry.tenant?.name,
        before: toJson(entry.before),
        after: toJson(entry.after),
        requestId: caller.requestId,
        source: caller.source,
      },
    });
  }

  /** Newest first; of one tenant, or of all. */
  async list(query: AuditQuery, tenantId?: string): Promise<Page<AuditAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.AuditEventWhereInput>(query, 'at', {
      direction: 'desc',
      type: 'date',
    });
    const rows = await this.database.read.auditEvent.findMany({
      where: { AND: [where], tenantId, actor: query.actor, action: query.action, resource: matching(query) },
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.at, row.id], toAuditAnswer);
  }
}

function matching(query: AuditQuery): Prisma.StringFilter | undefined {
  return query.q ? { contains: query.q, mode: 'insensitive' } : undefined;
}

function toJson(value: object | undefined): Prisma.InputJsonObject | undefined {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(redactSecrets(value))) as Prisma.InputJsonObject);
}
