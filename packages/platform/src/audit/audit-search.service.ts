import { Injectable } from '@nestjs/common';
import { Database, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId } from '../kernel/ids/ids.js';
import { type AuditAnswer, type AuditFilter, type AuditQuery, toAuditAnswer } from './audit.dto.js';

/** Finds events; every order of it is an index of the table. */
@Injectable()
export class AuditSearch {
  constructor(private readonly database: Database) {}

  /** Newest first; of one tenant, or of all. */
  async list(query: AuditQuery, tenantId?: string): Promise<Page<AuditAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.AuditEventWhereInput>(query, 'at', {
      direction: 'desc',
      type: 'date',
    });
    const at = { gte: query.from ? new Date(query.from) : undefined, lt: query.to ? new Date(query.to) : undefined };
    const rows = await this.database.read.auditEvent.findMany({
      where: { AND: [where, ...toConditions(query), ofTenant(query.tenant)], tenantId, at },
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.at, row.id], toAuditAnswer);
  }
}

/** A filter as what Prisma asks. */
export function toConditions(filter: AuditFilter): Prisma.AuditEventWhereInput[] {
  const { actor, action, resource, outcome, source, q } = filter;
  return [
    { actor, outcome, source },
    ...(action ? [action.endsWith('*') ? { action: { startsWith: action.slice(0, -1) } } : { action }] : []),
    ...(resource ? [{ OR: [{ resource }, { resource: { startsWith: `${resource}/` } }] }] : []),
    ...(q ? [{ resource: { contains: q, mode: 'insensitive' as const } }] : []),
  ];
}

function ofTenant(tenant: string | undefined): Prisma.AuditEventWhereInput {
  if (!tenant) return {};
  if (tenant === '-') return { tenantId: null };
  return isId(tenant) ? { tenantId: tenant } : { tenant };
}
