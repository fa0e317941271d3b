import { Injectable } from '@nestjs/common';
import { Database, Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { Actor } from '../kernel/tenancy/caller.js';

const counts = { _count: { select: { projects: true, members: true } } } as const;
const user = { user: { select: { username: true, displayName: true, email: true } } } as const;

export type TenantRow = Prisma.TenantGetPayload<{ include: typeof counts }>;
export type MemberRow = Prisma.MemberGetPayload<{ include: typeof user }>;

@Injectable()
export class TenantsRepository {
  constructor(private readonly database: Database) {}

  /** The tenants an actor may see, each with the actor's role. */
  async listVisible(actor: Actor, query: PageQuery): Promise<(TenantRow & { members: { role: string }[] })[]> {
    const { where, orderBy, take } = keyset<Prisma.TenantWhereInput>(query, 'name');
    const mine = { where: { userId: actor.kind === 'user' ? actor.id : undefined }, select: { role: true }, take: 1 };
    return this.database.read.tenant.findMany({
      where: { AND: [where, visibleTo(actor)], name: query.q ? { contains: query.q } : undefined },
      include: { ...counts, members: mine },
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
    const { where, orderBy, take } = keyset<Prisma.MemberWhereInput>(query, 'createdAt', { type: 'date' });
    const matching = query.q ? { username: { contains: query.q } } : undefined;
    return this.database.read.member.findMany({
      where: { AND: [where], tenantId, user: matching },
      include: user,
      orderBy,
      take,
    });
  }

  findMember(tenantId: string, username: string, reader: Reader = this.database.read): Promise<MemberRow | null> {
    return reader.member.findFirst({ where: { tenantId, user: { username } }, include: user });
  }

  listOwners(tx: Transaction, tenantId: string): Promise<{ id: string }[]> {
    return tx.member.findMany({ where: { tenantId, role: 'owner' }, select: { id: true }, take: 2 });
  }

  createMember(
    tx: Transaction,
    data: { id: string; tenantId: string; userId: string; role: string },
  ): Promise<MemberRow> {
    return tx.member.create({ data, include: user });
  }

  updateMember(tx: Transaction, tenantId: string, id: string, role: string): Promise<MemberRow> {
    return tx.member.update({ where: { id, tenantId }, data: { role, version: { increment: 1 } }, include: user });
  }

  async deleteMember(tx: Transaction, tenantId: string, id: string): Promise<void> {
    await tx.member.deleteMany({ where: { id, tenantId } });
  }

  findUserId(username: string, reader: Reader = this.database.read): Promise<{ id: string } | null> {
    return reader.user.findUnique({ where: { username }, select: { id: true } });
  }
}

function visibleTo(actor: Actor): Prisma.TenantWhereInput {
  if (actor.isAdmin) return {};
  return actor.kind === 'robot' ? { id: actor.tenantId } : { members: { some: { userId: actor.id } } };
}
