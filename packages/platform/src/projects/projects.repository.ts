import { Injectable } from '@nestjs/common';
import { Database, type Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId } from '../kernel/ids/ids.js';

const counts = { _count: { select: { environments: true } } } as const;
export type ProjectRow = Prisma.ProjectGetPayload<{ include: typeof counts }>;
type BareRow = Omit<ProjectRow, '_count'>;

@Injectable()
export class ProjectsRepository {
  constructor(private readonly database: Database) {}

  async list(tenantId: string, id: { in: string[] } | undefined, query: PageQuery): Promise<ProjectRow[]> {
    const { where, orderBy, take } = keyset<Prisma.ProjectWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.project.findMany({
      where: { AND: [where], tenantId, id, name },
      orderBy,
      take,
    });
    return this.count(rows, tenantId, this.database.read);
  }

  async find(tenantId: string, nameOrId: string, reader: Reader = this.database.read): Promise<ProjectRow | null> {
    const key = isId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
    const row = await reader.project.findFirst({ where: { tenantId, ...key } });
    const [counted] = await this.count(row ? [row] : [], tenantId, reader);
    return counted ?? null;
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

  /** Of these projects only: an `include` would count the environments of all projects of the platform. */
  private async count(rows: readonly BareRow[], tenantId: string, reader: Reader): Promise<ProjectRow[]> {
    if (rows.length === 0) return [];
    const projectId = { in: rows.map(({ id }) => id) };
    const found = await reader.environment.groupBy({
      by: 'projectId',
      where: { tenantId, projectId },
      _count: { _all: true },
    });
    const environments = new Map(found.map((each) => [each.projectId, each._count._all]));
    return rows.map((row) => ({ ...row, _count: { environments: environments.get(row.id) ?? 0 } }));
  }
}
