import { Injectable } from '@nestjs/common';
import { Database, type Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId } from '../kernel/ids/ids.js';

const counts = { _count: { select: { environments: true } } } as const;
export type ProjectRow = Prisma.ProjectGetPayload<{ include: typeof counts }>;

@Injectable()
export class ProjectsRepository {
  constructor(private readonly database: Database) {}

  list(tenantId: string, id: { in: string[] } | undefined, query: PageQuery): Promise<ProjectRow[]> {
    const { where, orderBy, take } = keyset<Prisma.ProjectWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    return this.database.read.project.findMany({
      where: { AND: [where], tenantId, id, name },
      include: counts,
      orderBy,
      take,
    });
  }

  find(tenantId: string, nameOrId: string, reader: Reader = this.database.read): Promise<ProjectRow | null> {
    const key = isId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
    return reader.project.findFirst({ where: { tenantId, ...key }, include: counts });
  }

  /** The row, locked until the transaction ends. */
  async findLocked(tx: Transaction, tenantId: string, id: string): Promise<ProjectRow | null> {
    await tx.$queryRaw`SELECT 1 FROM projects WHERE id = ${id}::uuid AND "tenantId" = ${tenantId}::uuid FOR UPDATE`;
    return this.find(tenantId, id, tx);
  }

  create(tx: Transaction, data: Prisma.ProjectUncheckedCreateInput): Promise<ProjectRow> {
    return tx.project.create({ data, include: counts });
  }

  update(tx: Transaction, tenantId: string, id: string, data: Prisma.ProjectUpdateInput): Promise<ProjectRow> {
    return tx.project.update({
      where: { id, tenantId },
      data: { ...data, version: { increment: 1 } },
      include: counts,
    });
  }

  /** Holds off the tenant's deletion until the transaction ends; gives its state. */
  async lockTenantState(tx: Transaction, tenantId: string): Promise<string | undefined> {
    const rows = await tx.$queryRaw<{ state: string }[]>`
      SELECT state FROM tenants WHERE id = ${tenantId}::uuid FOR SHARE`;
    return rows[0]?.state;
  }
}
