import { Injectable } from '@nestjs/common';
import { type CustomRoleModel, Database, type Reader, type Transaction } from '../kernel/database/index.js';
import { isId } from '../kernel/ids/ids.js';

export type RoleRow = CustomRoleModel & { readonly _count: { readonly bindings: number } };

const counts = { _count: { select: { bindings: true } } } as const;

@Injectable()
export class RolesRepository {
  constructor(private readonly database: Database) {}

  /** A tenant's own and the platform's; for the platform, its own only. By name; there are never many. */
  list(tenantId: string | null): Promise<RoleRow[]> {
    const where = tenantId === null ? { tenantId } : { OR: [{ tenantId }, { tenantId: null }] };
    return this.database.read.customRole.findMany({
      where,
      include: counts,
      orderBy: [{ name: 'asc' }, { id: 'asc' }],
    });
  }

  /** One that can be given in the tenant (or on the platform), by name or id. */
  find(tenantId: string | null, nameOrId: string, reader: Reader = this.database.read): Promise<RoleRow | null> {
    const where = tenantId === null ? { tenantId } : { OR: [{ tenantId }, { tenantId: null }] };
    const key = isId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
    return reader.customRole.findFirst({ where: { AND: [where, key] }, include: counts });
  }

  /** Whether the name would mean two roles to somebody: a tenant's names are unique in it and differ from the platform's. */
  async isTaken(tx: Transaction, tenantId: string | null, name: string): Promise<boolean> {
    const where = tenantId === null ? { name } : { name, OR: [{ tenantId }, { tenantId: null }] };
    return (await tx.customRole.count({ where })) > 0;
  }

  count(tx: Transaction, tenantId: string | null): Promise<number> {
    return tx.customRole.count({ where: { tenantId } });
  }

  create(
    tx: Transaction,
    data: {
      id: string;
      tenantId: string | null;
      name: string;
      displayName: string;
      description: string;
      permissions: string[];
      createdBy: string;
    },
  ): Promise<RoleRow> {
    return tx.customRole.create({ data, include: counts });
  }

  update(
    tx: Transaction,
    id: string,
    data: { displayName?: string; description?: string; permissions?: string[] },
  ): Promise<RoleRow> {
    return tx.customRole.update({ where: { id }, data: { ...data, version: { increment: 1 } }, include: counts });
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.customRole.delete({ where: { id } });
  }

  /** The row, locked until the transaction ends. */
  async findLocked(tx: Transaction, id: string): Promise<RoleRow | null> {
    await tx.$queryRaw`SELECT 1 FROM roles WHERE id = ${id}::uuid FOR UPDATE`;
    return tx.customRole.findUnique({ where: { id }, include: counts });
  }
}
