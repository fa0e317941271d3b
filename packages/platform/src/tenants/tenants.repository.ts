import { Injectable } from '@nestjs/common';
import type { Reach } from '../kernel/access/access.js';
import { Database, Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';

/** Of bindings, those of the whole tenant. */
const counts = { _count: { select: { projects: true, bindings: { where: { projectId: null } } } } } as const;

export type TenantRow = Prisma.TenantGetPayload<{ include: typeof counts }>;

@Injectable()
export class TenantsRepository {
  constructor(private readonly database: Database) {}

  /** The tenants within an actor's reach. */
  async listVisible(reach: Reach, query: PageQuery): Promise<TenantRow[]> {
    const { where, orderBy, take } = keyset<Prisma.TenantWhereInput>(query, 'name');
    const rows = await this.database.read.tenant.findMany({
      where: { AND: [where, await this.within(reach)], name: query.q ? { contains: query.q } : undefined },
      orderBy,
      take,
    });
    const found = await this.count(rows.map(({ id }) => id));
    return rows.map((row) => ({ ...row, _count: found.get(row.id) ?? { projects: 0, bindings: 0 } }));
  }

  get(id: string, reader: Reader = this.database.read): Promise<TenantRow> {
    return reader.tenant.findUniqueOrThrow({ where: { id }, include: counts });
  }

  /** The row, locked until the transaction ends. */
  async getLocked(tx: Transaction, id: string): Promise<TenantRow> {
    await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${id}::uuid FOR UPDATE`;
    return this.get(id, tx);
  }

  create(tx: Transaction, data: Prisma.TenantCreateInput): Promise<TenantRow> {
    return tx.tenant.create({ data, include: counts });
  }

  update(tx: Transaction, id: string, data: Prisma.TenantUpdateInput): Promise<TenantRow> {
    return tx.tenant.update({ where: { id }, data: { ...data, version: { increment: 1 } }, include: counts });
  }

  async createOwner(tx: Transaction, data: { tenantId: string; userId: string; createdBy: string }): Promise<void> {
    await tx.roleBinding.create({ data: { id: newId(), ...data, role: 'owner' } });
  }

  findUserId(username: string, reader: Reader = this.database.read): Promise<{ id: string } | null> {
    return reader.user.findUnique({ where: { username }, select: { id: true } });
  }

  /** Of the tenants of one page only: an `include` would count what all tenants of the platform have, to show fifty. */
  private async count(ids: readonly string[]): Promise<ReadonlyMap<string, TenantRow['_count']>> {
    const rows = await this.database.read.$queryRaw<(TenantRow['_count'] & { id: string })[]>`
      SELECT t.id,
        (SELECT count(*)::int FROM projects p WHERE p."tenantId" = t.id) AS projects,
        (SELECT count(*)::int FROM role_bindings b WHERE b."tenantId" = t.id AND b."projectId" IS NULL) AS bindings
      FROM unnest(${ids}::uuid[]) AS t(id)`;
    return new Map(rows.map(({ id, projects, bindings }) => [id, { projects, bindings }]));
  }

  private async within(reach: Reach): Promise<Prisma.TenantWhereInput> {
    if (reach === 'everywhere') return {};
    const where = { id: { in: [...reach.projects] } };
    const ofProjects = await this.database.read.project.findMany({ where, select: { tenantId: true } });
    return { id: { in: [...new Set([...reach.tenants, ...ofProjects.map(({ tenantId }) => tenantId)])] } };
  }
}
