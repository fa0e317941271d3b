import { Injectable } from '@nestjs/common';
import { type CustomRoleModel, Database, type Reader, type Transaction } from '../kernel/database/index.js';
import { isId } from '../kernel/ids/ids.js';

export type RoleRow = CustomRoleModel & { readonly _count: { readonly bindings: number } };

const counts = { _count: { select: { bindings: true } } } as const;

@Injectable()
export class RolesRepository {
  constructor(private readonly database: Database) {}

  /** A tenant's own and the platform's; for the platform, its own only. By name; there are never many. */
  async list(tenantId: string | null): Promise<RoleRow[]> {
    const where = tenantId === null ? { tenantId } : { OR: [{ tenantId }, { tenantId: null }] };
    const { customRole } = this.database.read;
    const rows = await customRole.findMany({ where, orderBy: [{ name: 'asc' }, { id: 'asc' }] });
    return this.countBindings(rows, this.database.read);
  }

  /** One that can be given in the tenant (or on the platform), by name or id. */
  async find(tenantId: string | null, nameOrId: string, reader: Reader = this.database.read): Promise<RoleRow | null> {
    const where = tenantId === null ? { tenantId } : { OR: [{ tenantId }, { tenantId: null }] };
    const key = isId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
    const row = await reader.customRole.findFirst({ where: { AND: [where, key] } });
    const [counted] = await this.countBindings(row ? [row] : [], reader);
    return counted ?? null;
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

  /** Of these roles only: an `include` would count the bindings of all roles of the platform. */
  private async countBindings(rows: readonly CustomRoleModel[], reader: Reader): Promise<RoleRow[]> {
    if (rows.length === 0) return [];
    const roleId = { in: rows.map(({ id }) => id) };
    const found = await reader.roleBinding.groupBy({ by: 'roleId', where: { roleId }, _count: { _all: true } });
    const bindings = new Map(found.map((each) => [each.roleId, each._count._all]));
    return rows.map((row) => ({ ...row, _count: { bindings: bindings.get(row.id) ?? 0 } }));
  }
}
