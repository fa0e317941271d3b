import { Injectable } from '@nestjs/common';
import type { Reach } from '../kernel/access/access.js';
import { Database, Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';

/** Of bindings, those of the whole tenant. */
const counts = { _count: { select: { projects: true, bindings: { where: { projectId: null } } } } } as const;
const user = { user: { select: { username: true, displayName: true, email: true } } } as const;

export type TenantRow = Prisma.TenantGetPayload<{ include: typeof counts }>;
export type MemberRow = Prisma.RoleBindingGetPayload<{ include: typeof user }>;

@Injectable()
export class TenantsRepository {
  constructor(private readonly database: Database) {}

  /** The tenants within an actor's reach. */
  listVisible(reach: Reach, query: PageQuery): Promise<TenantRow[]> {
    const { where, orderBy, take } = keyset<Prisma.TenantWhereInput>(query, 'name');
    return this.database.read.tenant.findMany({
      where: { AND: [where, within(reach)], name: query.q ? { contains: query.q } : undefined },
      include: counts,
      orderBy,
      take,
    });
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

  listMembers(tenantId: string, query: PageQuery): Promise<MemberRow[]> {
    const { where, orderBy, take } = keyset<Prisma.RoleBindingWhereInput>(query, 'createdAt', { type: 'date' });
    const matching = query.q ? { username: { contains: query.q } } : undefined;
    return this.database.read.roleBinding.findMany({
      where: { AND: [where], tenantId, projectId: null, userId: { not: null }, user: matching },
      include: user,
      orderBy,
      take,
    });
  }

  findMember(tenantId: string, username: string, reader: Reader = this.database.read): Promise<MemberRow | null> {
    return reader.roleBinding.findFirst({ where: { tenantId, projectId: null, user: { username } }, include: user });
  }

  listOwners(tx: Transaction, tenantId: string): Promise<{ id: string }[]> {
    const where = { tenantId, projectId: null, role: 'owner' };
    return tx.roleBinding.findMany({ where, select: { id: true }, take: 2 });
  }

  createMember(
    tx: Transaction,
    data: { id: string; tenantId: string; userId: string; role: string; createdBy: string },
  ): Promise<MemberRow> {
    return tx.roleBinding.create({ data, include: user });
  }

  updateMember(tx: Transaction, tenantId: string, id: string, role: string): Promise<MemberRow> {
    return tx.roleBinding.update({ where: { id, tenantId }, data: { role, version: { increment: 1 } }, include: user });
  }

  async deleteMember(tx: Transaction, tenantId: string, id: string): Promise<void> {
    await tx.roleBinding.deleteMany({ where: { id, tenantId } });
  }

  findUserId(username: string, reader: Reader = this.database.read): Promise<{ id: string } | null> {
    return reader.user.findUnique({ where: { username }, select: { id: true } });
  }
}

function within(reach: Reach): Prisma.TenantWhereInput {
  if (reach === 'everywhere') return {};
  return { OR: [{ id: { in: [...reach.tenants] } }, { projects: { some: { id: { in: [...reach.projects] } } } }] };
}
